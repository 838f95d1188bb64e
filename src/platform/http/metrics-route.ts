import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import { parseAddress } from '../ip/address.js';
import { matchesRanges, parseRanges } from '../ip/address-ranges.js';
import { bearerChallenge, bearerTokenOf } from './bearer-token.js';
import { sendError } from './error-answers.js';

const RENDER_INTERVAL_MS = 1_000;

const LOOPBACK = parseRanges(['127.0.0.0/8', '::1']);

/** Headers that proxies add. Behind a proxy on this machine, every client has a loopback peer. */
const FORWARDING_HEADER = /^(?:x-forwarded|forwarded$|via$|x-real-ip$|(?:true-|x-)?client-ip$|cf-connecting-ip$|x-envoy-|x-original-)/;

/** A local name in the Host header. With DNS rebinding, a web page sends its own host name instead. */
const LOCAL_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

/** Renders the metrics at most once a second. */
class MetricsText {
  readonly #registry: Registry;
  readonly #clock: Clock;
  #renderedAt = Number.NEGATIVE_INFINITY;
  #text: Promise<Buffer> | undefined;

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Returns the same buffer for all requests within a second, so that unread responses share its memory. */
  current(): Promise<Buffer> {
    const now = this.#clock.now().getTime();
    if (this.#text === undefined || Math.abs(now - this.#renderedAt) >= RENDER_INTERVAL_MS) {
      this.#renderedAt = now;
      this.#text = this.#registry.metrics().then((text) => Buffer.from(text));
      this.#text.catch(() => {
        this.#text = undefined;
      });
    }
    return this.#text;
  }
}

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

function isFromThisMachine({ headers, socket }: FastifyRequest): boolean {
  const peer = parseAddress(socket.remoteAddress ?? '');
  const isLocal = peer !== null && matchesRanges(LOOPBACK, peer) && LOCAL_HOST.test(headers.host ?? '');
  return isLocal && !Object.keys(headers).some((name) => FORWARDING_HEADER.test(name));
}

/**
 * Registers `GET /metrics` in the text format of Prometheus. It requires the configured token. Without one, it answers only
 * programs on this machine, and is disabled in production.
 */
export function registerMetricsRoute(
  app: FastifyInstance,
  { registry, token, production, clock }: { registry: Registry; token: string | undefined; production: boolean; clock: Clock },
): void {
  if (token === undefined && production) return;
  const digest = token === undefined ? null : digestOf(token);
  const text = new MetricsText(registry, clock);
  app.get('/metrics', async (request, reply) => {
    if (digest === null && !isFromThisMachine(request)) return sendError(reply, 404, request.id);
    // Compares digests, so that the time reveals neither the token nor its length.
    if (digest !== null && !timingSafeEqual(digest, digestOf(bearerTokenOf(request.headers.authorization) ?? ''))) {
      return sendError(reply.header('www-authenticate', bearerChallenge(false)), 401, request.id);
    }
    return reply.header('content-type', registry.contentType).send(await text.current());
  });
}
