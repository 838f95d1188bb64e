const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

const byName = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);

/**
 * Returns a value as JSON with the members of every object in the order of their names, so that equal values have equal texts.
 * Undefined members are absent, and a Date is its ISO text.
 *
 * @throws {RangeError} for a value that is nested too deeply
 */
export const canonicalJson = (value: object): string =>
  JSON.stringify(value, (_name, member: unknown) => (isObject(member) ? Object.fromEntries(Object.entries(member).sort(byName)) : member));
