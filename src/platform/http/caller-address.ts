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

/** Adds `callerAddress` to every request. Logs the first ignored X-Forwarded-For, once per process. */
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
          'X-Forwarded-For ignored: its sender is not in TRUSTED_PROXIES. If the sender is your proxy, add its address; otherwise all its clients are counted as one.',
        );
      }
    }
    done();
  });
}
