import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { logEntry, type Origin } from '../platform/origin.js';

/** Lines of one reason that are logged in one second: whoever sends tokens chooses how many are rejected. */
const LINES_PER_SECOND = 5;

/** Why an access token is not accepted. A closed list: docs/accounts.md describes each, and a test holds the two together. */
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
] as const;

export type TokenRejectionReason = (typeof TOKEN_REJECTION_REASONS)[number];

/** The token itself, and what it says, are never part of this: a log must not hold what lets anybody in. */
export interface TokenRejection {
  rejection: TokenRejectionReason;
  /** What the configuration asks for. */
  expected?: string | readonly string[];
  /** Whose token it would have been, once nothing but the user's or session's state speaks against it. */
  userId?: string;
}

/**
 * Logs why tokens were rejected, for whoever connects an identity provider: the answer is the same for all of them. Beyond some
 * lines a second of each reason they are counted, and the next line of that reason says how many there were.
 */
export class TokenRejectionLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #windows = new Map<TokenRejectionReason, { second: number; lines: number; suppressed: number }>();

  constructor(options: { clock: Clock; logger: Logger }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  write({ rejection: reason, ...fields }: TokenRejection, origin: Origin): void {
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
    this.#logger.info({ ...logEntry(origin), reason, ...fields, ...(suppressed > 0 && { suppressed }) }, 'token rejected');
  }
}
