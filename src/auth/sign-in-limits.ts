import { createHash } from 'node:crypto';
import { KeywardError } from '../platform/errors.js';
import { networkOf } from '../platform/network.js';
import type { Budget, Budgets, Spending } from '../platform/window-counter.js';

const QUARTER_HOUR_SECONDS = 900;
const HOUR_SECONDS = 3_600;

/** An account may be guessed at this often. Emails are hashed, so that the counters hold no list of addresses. */
const LIMITS = {
  accountFromNetwork: { limit: 10, windowSeconds: QUARTER_HOUR_SECONDS },
  network: { limit: 100, windowSeconds: QUARTER_HOUR_SECONDS },
  account: { limit: 100, windowSeconds: HOUR_SECONDS },
};

/** A try that was let through. It counts as a failed one until it is forgiven. */
export interface SignInAttempt {
  forgive(): Promise<void>;
}

/**
 * Bounds how often passwords can be guessed (OWASP ASVS 5.0 6.3.1, NIST SP 800-63B-4 §3.2.2). Each try is counted before
 * its hash is computed, so that no number of parallel ones gets past, and forgiven when the password was right.
 */
export class SignInLimits {
  readonly #accountFromNetwork: Budgets;
  readonly #network: Budgets;
  readonly #account: Budgets;

  /** @param budgetsOf makes one counter, set apart from others by its name */
  constructor(budgetsOf: (name: string) => Budgets) {
    this.#accountFromNetwork = budgetsOf('sign-in-account-network');
    this.#network = budgetsOf('sign-in-network');
    this.#account = budgetsOf('sign-in-account');
  }

  /**
   * @param email canonical
   * @param ipAddress where the try comes from
   * @param isKnownNetwork asked only when strangers have used up the account's budget: whether this network has lately
   *   signed in to the account, in which case it keeps its own, so that nobody can lock the owner out
   * @throws {KeywardError} RATE_LIMITED; the refused try itself isn't counted
   */
  async attempt(email: string, ipAddress: string, isKnownNetwork: (network: string) => Promise<boolean>): Promise<SignInAttempt> {
    const network = networkOf(ipAddress);
    const account = createHash('sha256').update(email).digest('base64url');
    const spent: (() => void | Promise<void>)[] = [];
    const forgive = async () => {
      await Promise.all(spent.splice(0).map((giveBack) => giveBack()));
    };
    const spend = async (budgets: Budgets, key: string, budget: Budget): Promise<Spending> => {
      const spending = await budgets.spend(key, budget);
      if (spending.allowed) spent.push(() => budgets.giveBack(key, budget));
      return spending;
    };
    const refuse = async ({ resetsInSeconds }: Spending): Promise<never> => {
      await forgive();
      throw new KeywardError('RATE_LIMITED', 'Too many failed sign-ins. Try again later.', { retryAfterSeconds: resetsInSeconds });
    };

    const fromNetwork = await spend(this.#network, network, LIMITS.network);
    if (!fromNetwork.allowed) await refuse(fromNetwork);
    const ofPair = await spend(this.#accountFromNetwork, `${account} ${network}`, LIMITS.accountFromNetwork);
    if (!ofPair.allowed) await refuse(ofPair);
    const ofAccount = await spend(this.#account, account, LIMITS.account);
    if (!ofAccount.allowed && !(await isKnownNetwork(network))) await refuse(ofAccount);
    return { forgive };
  }
}
