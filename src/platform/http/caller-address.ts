import type { FastifyInstance, FastifyRequest } from 'fastify';
import { canonicalAddress, parseAddress, parseForwardedAddress } from '../ip/address.js';
import { matchesRanges, parseRanges, type Range } from '../ip/address-ranges.js';
import type { Logger } from '../logger.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller's address in its canonical spelling; empty once the connection is gone. Use this, never `ip`. */
    callerAddress: string;
  }
}

/**
 * Returns the caller's address: the rightmost hop that is not a trusted proxy, or the leftmost one if all of them are.
 * A hop that is no address was written by a trusted proxy that does not know its client, so it counts as the proxy itself.
 *
 * @param peer address of the socket's other end
 * @param forwardedFor X-Forwarded-For, all of its lines joined by commas
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

/** Gives every request its `callerAddress`. The first X-Forwarded-For that is ignored is logged, once per process. */
export function registerCallerAddress(app: FastifyInstance, trustedProxyTexts: readonly string[], logger: Logger): void {
  const trustedProxies = parseRanges(trustedProxyTexts);
  app.decorateRequest('callerAddress', {
    getter(this: FastifyRequest) {
      return callerAddressOf(this.socket.remoteAddress ?? '', this.headers['x-forwarded-for']?.toString(), trustedProxies);
    },
  });

  let wasWarned = false;
  app.addHook('onRequest', (request, _reply, done) => {
    if (!wasWarned && request.headers['x-forwarded-for'] !== undefined) {
      const peer = parseAddress(request.socket.remoteAddress ?? '');
      if (peer !== null && !matchesRanges(trustedProxies, peer)) {
        wasWarned = true;
        logger.warn(
          { peerAddress: peer.toString() },
          'X-Forwarded-For ignored: its sender is not in TRUSTED_PROXIES. If it is your proxy, add its address, or all its clients count as one.',
        );
      }
    }
    done();
  });
}
