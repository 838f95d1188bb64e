// The keys of the benchmark. The n-th key is always the same, so that a client needs no list of a million keys.
import { hash } from 'node:crypto';
import { makePlaintextKey } from '../../dist/platform/plaintext-key.js';

/**
 * @param {number} index
 * @returns {{ plaintextKey: string, keyPrefix: string }} the key with this index
 */
export function benchKey(index) {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(index);
  const secret = hash('sha256', `bench ${index}`, 'buffer');
  return makePlaintextKey('amos', (bytes) => (bytes === 4 ? prefix : secret));
}
