import { wideNetworkOf } from '../ip/wide-network.js';
import type { Turn } from './hash-queue.js';

/** Returns the network of an address that shares the turns of a queue: its IPv4 /24 or IPv6 /48. */
export const queueNetworkOf = (ipAddress: string): string => wideNetworkOf(ipAddress, { ipv4: 24, ipv6: 48 });

/**
 * Returns the origin of a request for a queue: its IPv4 /24 or IPv6 /48. Among networks that used the queue equally, the one
 * in the /16 or /32 that used it least has the next turn.
 *
 * @param known whether the request has priority over those that are not known
 */
export const turnOf = (ipAddress: string, known = false): Turn => ({
  network: queueNetworkOf(ipAddress),
  provider: wideNetworkOf(ipAddress, { ipv4: 16, ipv6: 32 }),
  known,
});
