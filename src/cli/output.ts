/** A record to print: the fields of one thing. */
export type OutputRecord = Readonly<Record<string, string | number | boolean | Date | readonly string[] | null>>;

/**
 * Returns an address with each character outside ASCII as `\u{…}`, because letters of other scripts and invisible characters
 * make different addresses look the same.
 */
const escapeAddress = (email: string): string =>
  email.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** Returns the address that the operator typed, with the escapes of escapeAddress replaced by their characters. */
export const unescapeAddress = (typed: string): string =>
  typed.replace(/\\u\{([0-9a-f]{1,6})\}/gi, (escaped, hex: string) => {
    const codePoint = Number.parseInt(hex, 16);
    return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : escaped;
  });

/** Returns JSON in which each character outside ASCII is escaped, for the same reason. Programs read the same value. */
const asciiJson = (value: object, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[^\x20-\x7e\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const textOf = (name: string, value: OutputRecord[string]): string => {
  if (name === 'email' && typeof value === 'string') return escapeAddress(value);
  if (value === null) return '-';
  if (Array.isArray(value)) return value.join(',') || '-';
  return value instanceof Date ? value.toISOString() : String(value);
};

const isRecord = (records: object): records is OutputRecord => !(Symbol.iterator in records || Symbol.asyncIterator in records);

/** Writes a value with nested parts to stdout as one indented JSON document. */
export const writeDocument = (value: object): void => void process.stdout.write(`${asciiJson(value, 2)}\n`);

/** Writes each record to stdout as soon as it is read, in one line: as JSON, or for people as pairs of `name: value`. */
export async function writeRecords(
  records: OutputRecord | Iterable<OutputRecord> | AsyncIterable<OutputRecord>,
  asJson: boolean,
): Promise<void> {
  for await (const record of isRecord(records) ? [records] : records) {
    const pairs = Object.entries(record).map(([name, value]) => `${name}: ${textOf(name, value)}`);
    process.stdout.write(`${asJson ? asciiJson(record) : pairs.join('  ')}\n`);
  }
}

/**
 * Writes values to stdout as JSON, each in one line, and waits until they are written.
 *
 * @throws an error if the program that reads the output has stopped
 */
export function writeLines(values: readonly object[]): Promise<void> {
  const text = values.map((value) => `${asciiJson(value)}\n`).join('');
  return new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));
}
