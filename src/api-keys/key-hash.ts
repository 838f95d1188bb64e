import { hash } from 'node:crypto';
import bcrypt from 'bcrypt';

/** 256 random bits gain nothing from a higher cost: nobody can try them out at any speed. */
const BCRYPT_COST = 10;

/**
 * The SHA-256 of a plaintext key, by which verification finds it. With 256 random bits inside it needs neither salt nor
 * server secret (NIST SP 800-63B-4 §3.1.2.2 asks for a salt below 112 bits only).
 *
 * @returns 64 hex digits
 */
export const fingerprintOf = (plaintextKey: string): string => hash('sha256', plaintextKey, 'hex');

/** The bcrypt hash that is the key's record at rest. To be run through the hash queue. */
export const hashKey = (plaintextKey: string): Promise<string> => bcrypt.hash(plaintextKey, BCRYPT_COST);

/** Whether a key is the one that a bcrypt hash was made of. To be run through a hash queue. */
export const matchesHash = (plaintextKey: string, hashedKey: string): Promise<boolean> => bcrypt.compare(plaintextKey, hashedKey);
