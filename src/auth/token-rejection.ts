import { type RequestSource, sourceFields } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';

/** Log lines of one reason in one second. The limit exists because clients determine the number of rejected tokens. */
const LINES_PER_SECOND = 5;

/**
 * Reasons for the rejection of an access token. The list is closed: docs/accounts.md describes each, and a test compares the two.
 */
export const TOKEN_REJECTION_REASONS = [
  'malformed',
  'issuer',
  'type',
  'critical header',
  'algorithm',
  'unknown key',
  'signature',
  'audience',
  'expiry missing',
  'expired',
  'not yet valid',
  'subject',
  'proof of possession',
  'unknown session',
  'session ended',
  'user disabled',
  'unknown service token',
  'service token revoked',
  'service token expired',
  'address of the service',
  'unknown portal session',
  'portal session ended',
  'origin of the portal session',
] as const;

export type TokenRejectionReason = (typeof TOKEN_REJECTION_REASONS)[number];

/** Rejection of an access token. It never contains the token or its claims, because a log must not hold credentials. */
export interface TokenRejection {
  rejection: TokenRejectionReason;
  /** The value that the configuration requires. */
  expected?: string | readonly string[];
  /** Owner of the token. Set only if the token is genuine and the state of the user or session is the reason. */
  userId?: string;
  /** Name of the service token, if it is genuine. */
  serviceToken?: string;
}

/**
 * Logs why tokens were rejected. An operator who connects an identity provider needs the reason, and clients get the same error
 * for all reasons. Beyond LINES_PER_SECOND for a reason, rejections are counted, and the next line of the reason has the number.
 */
export class TokenRejectionLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #windows = new Map<TokenRejectionReason, { second: number; lines: number; suppressed: number }>();

  constructor(options: { clock: Clock; logger: Logger }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  write({ rejection: reason, ...fields }: TokenRejection, source: RequestSource): void {
    const second = Math.floor(this.#clock.now().getTime() / 1_000);
    let window = this.#windows.get(reason);
    if (window?.second !== second) {
      window = { second, lines: 0, suppressed: window?.suppressed ?? 0 };
      this.#windows.set(reason, window);
    }
    if (window.lines === LINES_PER_SECOND) {
      window.suppressed += 1;
      return;
    }
    const { suppressed } = window;
    window.lines += 1;
    window.suppressed = 0;
    this.#logger.info({ ...sourceFields(source), reason, ...fields, ...(suppressed > 0 && { suppressed }) }, 'token rejected');
  }
}
