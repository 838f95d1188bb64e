/** What a command tells, one record a thing. */
export type OutputRecord = Readonly<Record<string, string | number | boolean | Date | null>>;

const textOf = (value: OutputRecord[string]): string => {
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
    const pairs = Object.entries(record).map(([name, value]) => `${name}: ${textOf(value)}`);
    process.stdout.write(`${asJson ? JSON.stringify(record) : pairs.join('  ')}\n`);
    count += 1;
  }
  return count;
}
