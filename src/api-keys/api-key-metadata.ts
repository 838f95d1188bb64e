import { characterFault, isTellableName } from '../platform/text.js';

/** Takes the path of a setting and its fault; null: none. */
export type Report = (path: string, message: string | null) => void;

const METADATA_BYTES_MAX = 4_096;

/** As many as JavaScript writes out. PostgreSQL's jsonb writes out every number: 1e308 with 309 digits. */
const NUMBER_DIGITS_MAX = 21;

/** Faults of one value that are reported. */
const FAULTS_MAX = 5;

/** @returns how many digits a finite number has without an exponent */
export function writtenOutDigits(value: number): number {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const significant = mantissa.replace('.', '').length;
  const integerDigits = Math.max(Number(exponent) + 1, 1);
  const fractionDigits = Math.max(significant - 1 - Number(exponent), 0);
  return integerDigits + fractionDigits;
}

/** Walks through the metadata once, with its size as jsonb writes it. */
class MetadataCheck {
  readonly #report: Report;
  #faults = 0;
  /** Bytes that jsonb needs beyond JSON.stringify, which writes small numbers with an exponent. */
  extraBytes = 0;

  constructor(report: Report) {
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
      this.visit(item, `${path}.${!isName || isTellableName(name) ? name : '…'}`);
    }
  }

  #visitText(text: string): void {
    // Line breaks and tabs are no harm, because metadata is never logged.
    this.#fault('metadata', characterFault(text.replace(/[\n\r\t]/g, '')));
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

/** @returns the length as JSON; null if it is nested too deeply to be written */
function jsonBytes(metadata: object): number | null {
  try {
    return Buffer.byteLength(JSON.stringify(metadata));
  } catch {
    return null;
  }
}

/** Reports what PostgreSQL could not store, or would return much longer than it was sent. */
export function reportMetadataFaults(metadata: object, report: Report): void {
  const reportSize = () => report('metadata', `must be at most ${METADATA_BYTES_MAX} bytes of JSON`);
  const bytes = jsonBytes(metadata);
  if (bytes === null) {
    report('metadata', 'is nested too deeply');
  } else if (bytes > METADATA_BYTES_MAX) {
    // Before the walk: what is small is not nested too deeply for it.
    reportSize();
  } else {
    const check = new MetadataCheck(report);
    check.visit(metadata, 'metadata');
    if (!check.failed && bytes + check.extraBytes > METADATA_BYTES_MAX) reportSize();
  }
}
