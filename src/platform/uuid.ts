import { randomBytes } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const UUID_BYTES = 16;

/** Whether a text that a client sent as an id can be one. PostgreSQL answers anything else with an error. */
export const isUuid = (text: string): boolean => UUID.test(text);

export const uuidToBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

export const bytesToUuid = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/**
 * A UUID of version 7 (RFC 9562 §5.7), as Prisma makes them, for rows that are written without it.
 *
 * @param at its first 48 bits: ids sort by it
 */
export function newUuid(at: Date): string {
  const bytes = randomBytes(UUID_BYTES);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytesToUuid(bytes);
}
