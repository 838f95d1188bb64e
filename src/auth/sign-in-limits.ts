import { createHash } from 'node:crypto';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { networkOf } from '../platform/ip/network.js';
import { wideNetworkOf } from '../platform/ip/wide-network.js';
import { SIGN_IN_LIMITS } from '../platform/limits.js';
import type { Budget, Budgets } from '../platform/rate-limit/window-counter.js';

/** Records what one attempt consumed of each rate limit, so that it can be refunded. */
class Receipt {
  readonly #spent: { budgets: Budgets; key: string; budget: Budget }[] = [];

  /** Consumes one unit of a rate limit. @returns null if the limit allows it, else the seconds until the limit resets */
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

/** A sign-in attempt within the limits. It counts as both failed and successful until one of the methods is called. */
export interface SignInAttempt {
  /** Whether the attempt comes from a known network of the account. */
  isKnown: boolean;
  fail(): Promise<void>;
  succeed(): Promise<void>;
  /** Refunds the attempt, because the caller learned nothing about the password. */
  cancel(): Promise<void>;
}

interface AttemptInput {
  /** In canonical form. */
  email: string;
  ipAddress: string;
  /** False if the password check does not open a session. */
  opensSession: boolean;
  /** Called for accounts and for unknown addresses, so that both take equally long. */
  isKnownNetwork: (network: string) => Promise<boolean>;
}

/**
 * Limits password guesses, new sessions and tests of addresses. Each attempt is counted before its hash is computed, so that
 * parallel attempts cannot exceed a limit. Email addresses are hashed, so that the counters hold no list of addresses.
 */
export class SignInLimits {
  readonly #budgetsOf: (name: string) => Budgets;
  readonly #signUpsPerHour: number;
  readonly #counters = new Map<string, Budgets>();

  /**
   * @param options.budgetsOf creates a counter with its own name space
   * @param options.signUpsPerHour maximum number of sign-ups from one network; 0 for no limit
   */
  constructor(options: { budgetsOf: (name: string) => Budgets; signUpsPerHour: number }) {
    this.#budgetsOf = options.budgetsOf;
    this.#signUpsPerHour = options.signUpsPerHour;
  }

  /** Counts an attempt to sign in. @throws {KeywardError} RATE_LIMITED; the rejected attempt is not counted */
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
   * Counts a sign-up. A sign-up for an existing account counts too, because its error reveals that the account exists.
   *
   * @returns a function that refunds the sign-up, for a failure that revealed nothing about the address
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

  /** The limit of the wide network is first: once it is exhausted, its networks use no further counters. */
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

/** Returns the /48 network, which one customer of a provider may hold. Used for IPv6 only. */
const siteOf = (ipAddress: string): string => wideNetworkOf(ipAddress, { ipv4: 32, ipv6: 48 });
