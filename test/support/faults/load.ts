import { setTimeout as sleep } from 'node:timers/promises';
import { Account } from './account.js';
import type { Asker } from './asker.js';
import type { Reply } from './client.js';
import type { KnownKey } from './key-model.js';
import type { Random } from './random.js';
import type { Replica } from './replica.js';

/** After this number of operations, a user is replaced by a new one. */
const OPERATIONS_PER_ACCOUNT = 40;

/** Recently created keys are verified most often, because they are the ones that change. */
const RECENT_KEYS = 60;

/** Writers pause, so that the hash queue does not fill up. A full queue has tests of its own (F7). */
const PAUSE_MS = { writer: 100, verifier: 5 };

/** The statuses that the gateway endpoint can respond with. */
const VERIFY_STATUSES = [200, 401, 403, 429, 503];

export interface LoadSize {
  writers: number;
  verifiers: number;
}

/** Users that create and change keys, and gateways and services that verify keys by both endpoints, on all replicas. */
export class Load {
  readonly accounts: Account[] = [];
  readonly #asker: Asker;
  readonly #random: Random;
  readonly #keys: KnownKey[] = [];
  readonly #workers: Promise<void>[];
  #isOver = false;

  constructor(asker: Asker, random: Random, { writers, verifiers }: LoadSize) {
    this.#asker = asker;
    this.#random = random;
    this.#workers = [
      ...Array.from({ length: writers }, () => this.#write()),
      ...Array.from({ length: verifiers }, () => this.#verifyKeys()),
    ];
  }

  /** Every key with a known plaintext. */
  get keys(): readonly KnownKey[] {
    return this.#keys;
  }

  /** Resolves when the last request has been answered. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      const account = await Account.signUp(this.#asker, this.#random, (key) => {
        if (key.plaintextKey !== null) this.#keys.push(key);
      });
      if (account) this.accounts.push(account);
      while (account && !this.#isOver && account.operations < OPERATIONS_PER_ACCOUNT) {
        await account.act();
        await sleep(PAUSE_MS.writer);
      }
      await sleep(PAUSE_MS.writer);
    }
  }

  async #verifyKeys(): Promise<void> {
    while (!this.#isOver) {
      const keys = this.#random.chance(0.8) ? this.#keys.slice(-RECENT_KEYS) : this.#keys;
      if (keys.length > 0) await verify(this.#asker, this.#random.pick(this.#asker.replicas), this.#random.pick(keys), this.#random);
      await sleep(PAUSE_MS.verifier);
    }
  }
}

/** Verifies a key by one of the two endpoints, and compares the outcome with what is known of the key. */
export async function verify(asker: Asker, replica: Replica, key: KnownKey, random: Random): Promise<void> {
  const { plaintextKey } = key;
  if (plaintextKey === null) return;
  const watch = key.watch();
  const code = random.chance(0.7) ? await askGateway(asker, replica, plaintextKey) : await askGraphql(asker, replica, plaintextKey);
  const possible = watch.end();
  if (code !== null && !possible.has(code)) asker.findings.wrong(`${code} for a key that is ${[...possible].join(' or ')}`);
}

/** Returns the code of the outcome, or null without an outcome. */
async function askGateway(asker: Asker, replica: Replica, key: string): Promise<string | null> {
  const reply = await asker.send(replica, { path: '/verify', headers: { 'x-api-key': key } });
  if (reply === null || reply.status === 0 || reply.status === 503) return null;
  if (!VERIFY_STATUSES.includes(reply.status)) asker.findings.wrong(`/verify answered with ${reply.status}`);
  return codeOf(reply);
}

async function askGraphql(asker: Asker, replica: Replica, key: string): Promise<string | null> {
  const query = 'mutation ($input: VerifyApiKeyInput!) { verifyApiKey(input: $input) { code } }';
  const outcome = await asker.ask<{ verifyApiKey: { code: string } }>(replica, query, { variables: { input: { key } } });
  return outcome.is === 'done' ? outcome.data.verifyApiKey.code : null;
}

const codeOf = ({ body }: Reply): string => (body as { code?: string } | null)?.code ?? 'no code';
