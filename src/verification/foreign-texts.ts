import { formOf } from '../api-keys/import-form-registry.js';
import { type ImportForm, isFingerprint, presentedDigestOf } from '../api-keys/import-forms.js';
import type { Logger } from '../platform/logger.js';
import type { Sealing } from '../platform/sealing.js';

/** A form of imported keys, as the lookup returns it in JSON. */
type FoundForm = [id: number, algorithm: string, part: string, sealedSecret: string | null];

/** The digests that one read looks up, and what they belong to. */
export interface Candidates {
  /** Fingerprints of the presented texts, by digest. Texts with an equal part, which may be public, have the same digest. */
  readonly fingerprints: ReadonlyMap<string, readonly string[]>;
  /** Which forms the digests were computed for. */
  readonly version: number;
}

/** Nearly every read looks up nothing by digest. */
const NO_DIGESTS: ReadonlyMap<string, readonly string[]> = new Map();

/**
 * The presented texts that can be keys of other systems while they wait for their read, and the forms of the imported keys. Each read
 * of rows returns the forms as they are in its snapshot. If they differ from those that its digests were computed for, the texts that
 * were not found are read again.
 */
export class ForeignTexts {
  readonly #sealing: Pick<Sealing, 'open'>;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, { text: string; count: number }>();
  #read: string | null = null;
  #forms: readonly ImportForm[] = [];
  #version = 0;

  constructor(options: { sealing: Pick<Sealing, 'open'>; logger: Logger }) {
    this.#sealing = options.sealing;
    this.#logger = options.logger;
  }

  /** Changes with the forms. */
  get version(): number {
    return this.#version;
  }

  /** Whether the last read of the forms found none: no key of another system was imported. False before the first read. */
  get areAbsent(): boolean {
    return this.#read === '[]';
  }

  /** @param fingerprint SHA-256 of the text, in hex */
  add(fingerprint: string, text: string): void {
    const waiting = this.#waiting.get(fingerprint);
    if (waiting) waiting.count += 1;
    else this.#waiting.set(fingerprint, { text, count: 1 });
  }

  remove(fingerprint: string): void {
    const waiting = this.#waiting.get(fingerprint);
    if (waiting === undefined) return;
    waiting.count -= 1;
    if (waiting.count === 0) this.#waiting.delete(fingerprint);
  }

  /** Returns the digests under which the waiting texts with these fingerprints may have been imported. */
  candidatesOf(fingerprints: readonly string[]): Candidates {
    if (this.#waiting.size === 0 || this.#forms.length === 0) return { fingerprints: NO_DIGESTS, version: this.#version };
    const found = new Map<string, string[]>();
    for (const fingerprint of fingerprints) {
      const text = this.#waiting.get(fingerprint)?.text;
      if (text === undefined) continue;
      for (const form of this.#forms) {
        const digest = presentedDigestOf(text, form);
        if (digest === null) continue;
        const known = found.get(digest);
        if (known) known.push(fingerprint);
        else found.set(digest, [fingerprint]);
      }
    }
    return { fingerprints: found, version: this.#version };
  }

  /** Follows the forms that a read returned. @param json null if it did not read them */
  follow(json: string | null): void {
    if (json === null || json === this.#read) return;
    const rows: FoundForm[] = JSON.parse(json);
    const forms = rows.map(([, algorithm, part, sealedSecret]) => formOf({ algorithm, part, sealedSecret }, this.#sealing));
    const unreadable = rows.filter(([, , , sealedSecret], index) => sealedSecret !== null && forms[index] === null).map(([id]) => id);
    if (unreadable.length > 0) {
      this.#logger.error({ importForms: unreadable }, 'secrets of imported keys cannot be decrypted with APP_SECRETS');
    }
    // The SHA-256 of a whole key is its fingerprint, which every read looks up.
    this.#forms = forms.filter((form) => form !== null).filter((form) => !isFingerprint(form));
    this.#read = json;
    this.#version += 1;
  }
}
