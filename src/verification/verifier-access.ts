import { hash, timingSafeEqual } from 'node:crypto';
import { isServiceToken, isWellFormed, rejectionOf } from '../auth/service-tokens/service-token-rules.js';
import type { ServiceTokenUses } from '../auth/service-tokens/service-token-use.js';
import type { TokenRejectionLog, TokenRejectionReason } from '../auth/token-rejection.js';
import type { RequestSource } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import { KeywardError, unauthenticated } from '../platform/errors/keyward-error.js';
import { type CachedLookup, errorOf } from './cache/cached-lookup.js';
import { Unavailable } from './cache/protocol.js';
import type { LookupEntry } from './lookup-entry.js';
import { ANYONE, KNOWN_VERIFIER, PendingPermit, type Permit } from './permit.js';
import { ServiceTokenEntry, tokenFingerprintOf } from './service-token-entry.js';

const PERMISSION = 'keys:verify';

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

const verifierRefused = (requiredPermission?: typeof PERMISSION) =>
  new KeywardError('VERIFIER_REFUSED', 'X-Verifier-Token is missing or wrong.', requiredPermission ? { requiredPermission } : {});

const forbidden = () =>
  new KeywardError('FORBIDDEN', `The service token lacks the permission ${PERMISSION}.`, { requiredPermission: PERMISSION });

/** The errors for a header with a service token: `invalid` if the token is, `lacking` if it does not permit verification. */
interface Refusals {
  invalid: () => KeywardError;
  lacking: () => KeywardError;
}

const REFUSALS: Readonly<Record<'verifierToken' | 'authorization', Refusals>> = {
  verifierToken: { invalid: () => verifierRefused(), lacking: () => verifierRefused(PERMISSION) },
  authorization: { invalid: unauthenticated, lacking: forbidden },
};

/** The credentials of a caller that wants to verify a key. */
export interface VerifierCredentials {
  /** The header X-Verifier-Token. Undefined if it is absent. */
  verifierToken: string | undefined;
  /** The token of the header Authorization at verifyApiKey. At /verify that header has the key, so it is undefined. */
  bearerToken?: string | undefined;
  /** Returns where the request comes from. Its address is compared with the ranges of a service token. */
  source: () => RequestSource;
}

interface Dependencies {
  /** VERIFIER_TOKENS. */
  tokens: readonly string[];
  /** Whether only callers with a verifier token can verify keys. */
  isRestricted: boolean;
  lookup: CachedLookup<LookupEntry>;
  uses: ServiceTokenUses;
  rejections: TokenRejectionLog;
  clock: Clock;
}

/** Decides who may verify keys: everyone, or the callers with one of VERIFIER_TOKENS or a service token that permits it. */
export class VerifierAccess {
  readonly #deps: Dependencies;
  readonly #digests: readonly Buffer[];

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
    this.#digests = dependencies.tokens.map(digestOf);
  }

  /**
   * Returns the permit of a caller. A service token is looked up through the validated cache, together with the key: the next
   * verification after a change of the token is decided by its new state.
   *
   * @throws {KeywardError} VERIFIER_REFUSED if verification is restricted and the caller has no verifier token
   */
  permitOf({ verifierToken, bearerToken, source }: VerifierCredentials): Permit {
    if (isServiceToken(verifierToken)) return this.#ask(verifierToken, source(), REFUSALS.verifierToken);
    if (verifierToken !== undefined && this.#isKnown(verifierToken)) return KNOWN_VERIFIER;
    if (isServiceToken(bearerToken)) return this.#ask(bearerToken, source(), REFUSALS.authorization);
    if (this.#deps.isRestricted) throw verifierRefused();
    return ANYONE;
  }

  /** Compares digests, so that the time reveals neither the token nor its length. */
  #isKnown(token: string): boolean {
    const sent = digestOf(token);
    return this.#digests.some((digest) => timingSafeEqual(digest, sent));
  }

  #ask(token: string, source: RequestSource, { invalid, lacking }: Refusals): Permit {
    const { lookup, uses, clock, rejections, isRestricted } = this.#deps;
    const permit = new PendingPermit();
    const reject = (rejection: TokenRejectionReason) => {
      rejections.write({ rejection }, source);
      permit.refuse(invalid());
    };
    if (!isWellFormed(token)) {
      reject('unknown service token');
      return permit;
    }
    lookup.find(tokenFingerprintOf(token), (found) => {
      if (found instanceof Unavailable) return permit.refuse(errorOf(found));
      if (!(found instanceof ServiceTokenEntry)) return reject('unknown service token');
      const rejection = rejectionOf(found, source.ipAddress, clock.now().getTime());
      if (rejection !== null) return reject(rejection);
      // A service that may do other things is a caller like every other where verification is open.
      if (isRestricted && !found.permissions.includes(PERMISSION)) return permit.refuse(lacking());
      uses.mark(found.serviceTokenId);
      permit.grant();
    });
    return permit;
  }
}
