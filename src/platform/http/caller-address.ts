import type { FastifyInstance, FastifyRequest } from 'fastify';
import { canonicalAddress, parseAddress, parseForwardedAddress } from '../ip/address.js';
import { matchesRanges, parseRanges, type Range } from '../ip/address-ranges.js';
import type { Logger } from '../logger.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Canonical address of the caller. Empty after the connection was closed. Use this, never `ip`. */
    callerAddress: string;
  }
}

/**
 * Returns the caller's address: the rightmost hop that is not a trusted proxy, or the leftmost one if all of them are.
 * A hop that is not an address was written by a trusted proxy that does not know its client. The caller is then the peer.
 *
 * @param peer address of the peer of the socket
 * @param forwardedFor X-Forwarded-For, with all lines joined by commas
 */
function callerAddressOf(peer: string, forwardedFor: string | undefined, trustedProxies: readonly Range[]): string {
  if (forwardedFor === undefined || trustedProxies.length === 0) return canonicalAddress(peer) ?? '';
  const socketAddress = parseAddress(peer);
  if (socketAddress === null) return '';
  let caller = socketAddress;
  for (const entry of forwardedFor.split(',').reverse()) {
    if (!matchesRanges(trustedProxies, caller)) break;
    const hop = parseForwardedAddress(entry);
    if (hop === null) return socketAddress.toString();
    caller = hop;
  }
  return caller.toString();
}

/** Finds the caller's address of each request. */
export class CallerAddresses {
  readonly #trustedProxies: readonly Range[];
  readonly #logger: Logger;
  #isWarned = false;

  constructor(trustedProxyTexts: readonly string[], logger: Logger) {
    this.#trustedProxies = parseRanges(trustedProxyTexts);
    this.#logger = logger;
  }

  /** Returns the caller's address, as `callerAddressOf` does. */
  of(peer: string | undefined, forwardedFor: string | undefined): string {
    return callerAddressOf(peer ?? '', forwardedFor, this.#trustedProxies);
  }

  /** Logs the first X-Forwarded-For header that is ignored, once per process. */
  warnIfIgnored(peer: string | undefined, forwardedFor: string | undefined): void {
    if (this.#isWarned || forwardedFor === undefined) return;
    const address = parseAddress(peer ?? '');
    if (address === null || matchesRanges(this.#trustedProxies, address)) return;
    this.#isWarned = true;
    this.#logger.warn(
      { peerAddress: address.toString() },
      'X-Forwarded-For ignored: its sender is not in TRUSTED_PROXIES. If the sender is your proxy, add its address; otherwise all its clients are counted as one.',
    );
  }
}

/** Gives every request of Fastify its `callerAddress`. */
export function registerCallerAddress(app: FastifyInstance, addresses: CallerAddresses): void {
  app.decorateRequest('callerAddress', {
    getter(this: FastifyRequest) {
      return addresses.of(this.socket.remoteAddress, this.headers['x-forwarded-for']?.toString());
    },
  });
  app.addHook('onRequest', (request, _reply, done) => {
    addresses.warnIfIgnored(request.socket.remoteAddress, request.headers['x-forwarded-for']?.toString());
    done();
  });
}
