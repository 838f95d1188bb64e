import { hash, timingSafeEqual } from 'node:crypto';
import { KeywardError } from '../platform/errors/keyward-error.js';

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

/** Checks X-Verifier-Token. If VERIFIER_TOKENS is set, only callers with one of these tokens can verify keys. */
export class VerifierTokens {
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digestOf);
  }

  /**
   * Checks a token. Compares digests, so that the time reveals neither the token nor its length.
   *
   * @returns whether a token was required; false if VERIFIER_TOKENS is not set
   * @throws {KeywardError} VERIFIER_REFUSED if the token is missing or wrong
   */
  check(token: string | undefined): boolean {
    if (this.#digests.length === 0) return false;
    const sent = digestOf(token ?? '');
    if (!this.#digests.some((digest) => timingSafeEqual(digest, sent))) {
      throw new KeywardError('VERIFIER_REFUSED', 'X-Verifier-Token is missing or wrong.');
    }
    return true;
  }
}
