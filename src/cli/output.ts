/** What a command tells, one record a thing. */
export type OutputRecord = Readonly<Record<string, string | number | boolean | Date | null>>;

/**
 * Returns an address with every sign that is not ASCII as `\u{…}`: letters of other scripts and signs that show nothing make
 * two addresses look the same.
 */
const escapeAddress = (email: string): string => email.replace(/[^\x20-\x7e]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);

/** Returns an address as typed by the operator, with the escapes that escapeAddress made turned back. */
export const unescapeAddress = (typed: string): string =>
  typed.replace(/\\u\{([0-9a-f]{1,6})\}/gi, (escaped, hex: string) => {
    const codePoint = Number.parseInt(hex, 16);
    return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : escaped;
  });

/** JSON that is the same to a program, and shows a person every sign that is not ASCII. */
const asciiJson = (record: OutputRecord): string =>
  JSON.stringify(record).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const textOf = (name: string, value: OutputRecord[string]): string => {
  if (name === 'email' && typeof value === 'string') return escapeAddress(value);
  if (value === null) return '-';
  return value instanceof Date ? value.toISOString() : String(value);
};

/**
 * Writes records to stdout as they come: for people `name: value` in one line each, for scripts one JSON object a line.
 *
 * @returns how many there were
 */
export async function writeRecords(records: AsyncIterable<OutputRecord> | Iterable<OutputRecord>, asJson: boolean): Promise<number> {
  let count = 0;
  for await (const record of records) {
    const pairs = Object.entries(record).map(([name, value]) => `${name}: ${textOf(name, value)}`);
    process.stdout.write(`${asJson ? asciiJson(record) : pairs.join('  ')}\n`);
    count += 1;
  }
  return count;
}
