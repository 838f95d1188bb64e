import { hash, timingSafeEqual } from 'node:crypto';
import { KeywardError } from '../platform/errors/keyward-error.js';

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

/** Who may ask about keys: with VERIFIER_TOKENS set, only who sends one of them in X-Verifier-Token. */
export class VerifierTokens {
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digestOf);
  }

  /**
   * Compares digests, so that time tells neither the token nor its length.
   *
   * @returns whether a token was needed: false where everybody may ask
   * @throws {KeywardError} VERIFIER_REFUSED
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
