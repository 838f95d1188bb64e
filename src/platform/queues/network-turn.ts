import { wideNetworkOf } from '../ip/wide-network.js';
import type { Turn } from './hash-queue.js';

/** Returns the network whose requests share the turns of a queue: the IPv4 /24 or IPv6 /48 of an address. */
export const queueNetworkOf = (ipAddress: string): string => wideNetworkOf(ipAddress, { ipv4: 24, ipv6: 48 });

/**
 * Returns whose turn in a queue a request uses: that of its IPv4 /24 or IPv6 /48. Among networks that used the queue
 * equally, those of a /16 or /32 that used it less go first.
 *
 * @param known whether the request goes before those of strangers
 */
export const turnOf = (ipAddress: string, known = false): Turn => ({
  network: queueNetworkOf(ipAddress),
  provider: wideNetworkOf(ipAddress, { ipv4: 16, ipv6: 32 }),
  known,
});
