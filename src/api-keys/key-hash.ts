import { hash } from 'node:crypto';
import bcrypt from 'bcrypt';

/** A higher cost adds no security, because 256 random bits cannot be guessed at any speed. */
const BCRYPT_COST = 10;

/**
 * Returns the SHA-256 of a plaintext key, by which verification looks up the key. With 256 random bits, it needs neither a salt
 * nor a server secret (NIST SP 800-63B-4 §3.1.2.2 requires a salt only below 112 bits).
 *
 * @returns 64 hex digits
 */
export const fingerprintOf = (plaintextKey: string): string => hash('sha256', plaintextKey, 'hex');

/** Returns the bcrypt hash of a plaintext key, for storage. Run it through the hash queue. */
export const hashKey = (plaintextKey: string): Promise<string> => bcrypt.hash(plaintextKey, BCRYPT_COST);

/** Returns whether a bcrypt hash matches a plaintext key. Run it through a hash queue. */
export const matchesHash = (plaintextKey: string, hashedKey: string): Promise<boolean> => bcrypt.compare(plaintextKey, hashedKey);
