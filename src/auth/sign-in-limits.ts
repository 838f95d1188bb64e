import { createHash } from 'node:crypto';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { networkOf } from '../platform/ip/network.js';
import { wideNetworkOf } from '../platform/ip/wide-network.js';
import { SIGN_IN_LIMITS } from '../platform/limits.js';
import type { Budget, Budgets } from '../platform/rate-limit/window-counter.js';

/** What one attempt spent, and can give back. */
class Receipt {
  readonly #spent: { budgets: Budgets; key: string; budget: Budget }[] = [];

  /** @returns null if the budget allowed it, else the seconds until it does */
  async spend(budgets: Budgets, key: string, budget: Budget): Promise<number | null> {
    const spending = await budgets.spend(key, budget);
    if (!spending.allowed) return spending.resetsInSeconds;
    this.#spent.push({ budgets, key, budget });
    return null;
  }

  async giveBack(): Promise<void> {
    await Promise.all(this.#spent.splice(0).map(({ budgets, key, budget }) => budgets.giveBack(key, budget)));
  }
}

/** A sign-in that was let through. It counts as failed and as successful until one of these is called. */
export interface SignInAttempt {
  /** Whether it comes from a network that is known to the account. */
  isKnown: boolean;
  fail(): Promise<void>;
  succeed(): Promise<void>;
  /** Nothing was learned about the password, so nothing counts. */
  cancel(): Promise<void>;
}

/** Which attempt is asked about. */
interface AttemptInput {
  /** Canonical. */
  email: string;
  ipAddress: string;
  /** False where a password is proven without opening a session. */
  opensSession: boolean;
  /** Called for every account and every unknown address alike, so that the answer takes equally long. */
  isKnownNetwork: (network: string) => Promise<boolean>;
}

/**
 * Limits how often passwords can be guessed, sessions opened and addresses tested. Each attempt is counted before its hash
 * is computed, so that no number of parallel ones exceeds a limit. Emails are hashed: the counters hold no list of addresses.
 */
export class SignInLimits {
  readonly #budgetsOf: (name: string) => Budgets;
  readonly #signUpsPerHour: number;
  readonly #counters = new Map<string, Budgets>();

  /**
   * @param options.budgetsOf creates one counter, separated from others by its name
   * @param options.signUpsPerHour from one network; 0 for no limit
   */
  constructor(options: { budgetsOf: (name: string) => Budgets; signUpsPerHour: number }) {
    this.#budgetsOf = options.budgetsOf;
    this.#signUpsPerHour = options.signUpsPerHour;
  }

  /** @throws {KeywardError} RATE_LIMITED; the rejected attempt itself is not counted */
  async attempt({ email, ipAddress, opensSession, isKnownNetwork }: AttemptInput): Promise<SignInAttempt> {
    const network = networkOf(ipAddress);
    const account = createHash('sha256').update(email).digest('base64url');
    const failure = new Receipt();
    const success = new Receipt();
    const cancel = async () => {
      await Promise.all([failure.giveBack(), success.giveBack()]);
    };
    const reject = async (message: string, retryAfterSeconds: number): Promise<never> => {
      await cancel();
      throw new KeywardError('RATE_LIMITED', message, { retryAfterSeconds });
    };
    const count = async (receipt: Receipt, name: string, key: string, budget: Budget) => receipt.spend(this.#counter(name), key, budget);

    const ofNetwork = await count(failure, 'sign-in-network', network, SIGN_IN_LIMITS.failuresPerNetwork);
    if (ofNetwork !== null) await reject(TOO_MANY_FAILURES, ofNetwork);
    const ofSite = isIpv6(ipAddress)
      ? await count(failure, 'sign-in-wide-network', siteOf(ipAddress), SIGN_IN_LIMITS.failuresPerWideNetwork)
      : null;
    const isKnown = await isKnownNetwork(network).catch(async (error: unknown) => {
      await cancel();
      throw error;
    });
    if (ofSite !== null && !isKnown) await reject(TOO_MANY_FAILURES, ofSite);
    const ofPair = await count(failure, 'sign-in-account-network', `${account} ${network}`, SIGN_IN_LIMITS.failuresPerAccountAndNetwork);
    if (ofPair !== null) await reject(TOO_MANY_FAILURES, ofPair);
    const ofAccount = await count(failure, 'sign-in-account', account, SIGN_IN_LIMITS.failuresPerAccount);
    if (ofAccount !== null && !isKnown) await reject(TOO_MANY_FAILURES, ofAccount);
    if (opensSession) {
      const ofSuccesses = await count(success, 'sign-in-success', account, SIGN_IN_LIMITS.successesPerAccount);
      if (ofSuccesses !== null) await reject('Too many sign-ins to this account. Try again later.', ofSuccesses);
    }
    return { isKnown, cancel, fail: () => success.giveBack(), succeed: () => failure.giveBack() };
  }

  /**
   * Counts a sign-up. One for an address that is taken counts too: its answer says that the address has an account.
   *
   * @returns what takes the count back, for a sign-up that failed without saying anything about the address
   * @throws {KeywardError} RATE_LIMITED
   */
  async signUp(ipAddress: string): Promise<() => Promise<void>> {
    const receipt = new Receipt();
    const giveBack = () => receipt.giveBack();
    if (this.#signUpsPerHour === 0) return giveBack;
    for (const [name, key, budget] of this.#signUpBudgets(ipAddress)) {
      const retryAfterSeconds = await receipt.spend(this.#counter(name), key, budget);
      if (retryAfterSeconds === null) continue;
      await giveBack();
      throw new KeywardError('RATE_LIMITED', 'Too many sign-ups from your network. Try again later.', { retryAfterSeconds });
    }
    return giveBack;
  }

  /** The wide network first: once it is exhausted, none of its networks takes up a counter. */
  #signUpBudgets(ipAddress: string): [name: string, key: string, budget: Budget][] {
    const { signUpsWideNetworkFactor: factor, signUpWindowSeconds: windowSeconds } = SIGN_IN_LIMITS;
    const wide = { limit: this.#signUpsPerHour * factor, windowSeconds };
    return [
      ...(isIpv6(ipAddress) ? [['sign-up-wide-network', siteOf(ipAddress), wide] satisfies [string, string, Budget]] : []),
      ['sign-up-network', networkOf(ipAddress), { limit: this.#signUpsPerHour, windowSeconds }],
    ];
  }

  #counter(name: string): Budgets {
    const kept = this.#counters.get(name);
    if (kept) return kept;
    const counter = this.#budgetsOf(name);
    this.#counters.set(name, counter);
    return counter;
  }
}

const TOO_MANY_FAILURES = 'Too many failed sign-ins. Try again later.';

const isIpv6 = (ipAddress: string): boolean => networkOf(ipAddress).includes(':');

/** The /48 that one customer of a provider may hold. An IPv4 address has none. */
const siteOf = (ipAddress: string): string => wideNetworkOf(ipAddress, { ipv4: 32, ipv6: 48 });
