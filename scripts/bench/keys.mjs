// The keys of the benchmark: the n-th is always the same, so that whoever draws it needs no list of a million.
import { hash } from 'node:crypto';
import { makePlaintextKey } from '../../dist/api-keys/plaintext-key.js';

/** @returns {{ plaintextKey: string, keyPrefix: string }} */
export function benchKey(index) {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(index);
  const secret = hash('sha256', `bench ${index}`, 'buffer');
  return makePlaintextKey('amos', (bytes) => (bytes === 4 ? prefix : secret));
}
