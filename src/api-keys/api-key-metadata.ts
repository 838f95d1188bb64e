import type { Report } from '../platform/errors/keyward-error.js';
import { characterFault, isPrintableName } from '../platform/text.js';

const METADATA_BYTES_MAX = 4_096;

/** Digits up to which JavaScript writes a number without an exponent. PostgreSQL's jsonb never uses one: 1e308 has 309 digits. */
const NUMBER_DIGITS_MAX = 21;

/** Maximum number of reported errors of one value. */
const FAULTS_MAX = 5;

/** Returns the number of digits of a finite number written without an exponent. */
function writtenOutDigits(value: number): number {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const significant = mantissa.replace('.', '').length;
  const integerDigits = Math.max(Number(exponent) + 1, 1);
  const fractionDigits = Math.max(significant - 1 - Number(exponent), 0);
  return integerDigits + fractionDigits;
}

/** Checks the metadata in one pass and computes its size in jsonb. */
class MetadataCheck {
  readonly #name: string;
  readonly #report: Report;
  #faults = 0;
  /** Bytes that jsonb needs beyond JSON.stringify, which writes small numbers with an exponent. */
  extraBytes = 0;

  constructor(name: string, report: Report) {
    this.#name = name;
    this.#report = report;
  }

  get failed(): boolean {
    return this.#faults > 0;
  }

  visit(value: unknown, path: string): void {
    if (typeof value === 'string') this.#visitText(value);
    else if (typeof value === 'number') this.#visitNumber(value, path);
    else if (typeof value === 'object' && value !== null) this.#visitMembers(value, path);
  }

  #visitMembers(value: object, path: string): void {
    for (const [name, item] of Object.entries(value)) {
      const isName = !Array.isArray(value);
      if (isName) this.#visitText(name);
      this.visit(item, `${path}.${!isName || isPrintableName(name) ? name : '…'}`);
    }
  }

  #visitText(text: string): void {
    // Line breaks and tabs are harmless, because metadata is never logged.
    this.#fault(this.#name, characterFault(text.replace(/[\n\r\t]/g, '')));
  }

  #visitNumber(value: number, path: string): void {
    const digits = Number.isFinite(value) ? writtenOutDigits(value) : Number.POSITIVE_INFINITY;
    if (digits > NUMBER_DIGITS_MAX) this.#fault(path, `must have at most ${NUMBER_DIGITS_MAX} digits when written out`);
    else if (String(value).includes('e')) this.extraBytes += Math.max(0, digits + '0.'.length - String(value).length);
  }

  #fault(path: string, message: string | null): void {
    if (message === null || this.#faults === FAULTS_MAX) return;
    this.#faults += 1;
    this.#report(path, message);
  }
}

/** Returns the length as JSON in bytes; null if the nesting is too deep for JSON.stringify. */
function jsonBytes(metadata: object): number | null {
  try {
    return Buffer.byteLength(JSON.stringify(metadata));
  } catch {
    return null;
  }
}

/**
 * Reports values that PostgreSQL cannot store or would return much longer than they were sent.
 *
 * @param name the setting that has the value
 */
export function reportMetadataFaults(name: string, metadata: object, report: Report): void {
  const reportSize = () => report(name, `must be at most ${METADATA_BYTES_MAX} bytes of JSON`);
  const bytes = jsonBytes(metadata);
  if (bytes === null) {
    report(name, 'is nested too deeply');
  } else if (bytes > METADATA_BYTES_MAX) {
    // Checked before the pass, because small metadata is never nested too deeply for it.
    reportSize();
  } else {
    const check = new MetadataCheck(name, report);
    check.visit(metadata, name);
    if (!check.failed && bytes + check.extraBytes > METADATA_BYTES_MAX) reportSize();
  }
}
