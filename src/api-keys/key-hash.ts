import bcrypt from 'bcrypt';

/** A higher cost adds no security, because 256 random bits cannot be guessed at any speed. */
const BCRYPT_COST = 10;

/** Returns the bcrypt hash of a plaintext key, for storage. Run it through the hash queue. */
export const hashKey = (plaintextKey: string): Promise<string> => bcrypt.hash(plaintextKey, BCRYPT_COST);

/** Returns whether a bcrypt hash matches a plaintext key. Run it through a hash queue. */
export const matchesHash = (plaintextKey: string, hashedKey: string): Promise<boolean> => bcrypt.compare(plaintextKey, hashedKey);
