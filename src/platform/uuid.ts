import { randomBytes } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const UUID_BYTES = 16;

/** Returns whether a text is a UUID. PostgreSQL fails for a uuid parameter with any other text. */
export const isUuid = (text: string): boolean => UUID.test(text);

export const uuidToBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

export const bytesToUuid = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/**
 * Returns a new UUID of version 7 (RFC 9562 §5.7), as Prisma generates them, for rows that are inserted without Prisma.
 *
 * @param at time for the first 48 bits, by which the UUIDs sort
 */
export function newUuid(at: Date): string {
  const bytes = randomBytes(UUID_BYTES);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytesToUuid(bytes);
}
