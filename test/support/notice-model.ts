import { randomUUID } from 'node:crypto';
import { DAY_MS, HOUR_MS } from '../../src/platform/clock.js';
import { Random } from './faults/random.js';
import { insertEndpoint, noticesOf, type SeenNotice } from './notices.js';
import type { TestApp } from './test-app.js';

const NOTICE_DAYS = [14, 7, 1, 0];
const USERS = 4;
const KEYS = 24;

interface ModelKey {
  id: string;
  user: number;
  startsAt: number;
  expiresAt: number | null;
  setAt: number;
  revoked: boolean;
  replaced: boolean;
  /** Effective expiry after the last step, and the time of its last change. */
  expiry: number | null;
  changedAt: number;
}

/** A random history of keys and policies on two replicas, and what it permits and requires of the notices. */
export class NoticeModel {
  readonly #replicas: readonly [TestApp, TestApp];
  readonly #random: Random;
  readonly #keys: ModelKey[] = [];
  readonly #lifetimes: (number | null)[] = Array(USERS).fill(null);
  readonly #userIds = Array.from({ length: USERS }, () => randomUUID());
  readonly #policyIds = Array.from({ length: USERS }, () => randomUUID());
  #seen = 0;
  #ranAt: number;
  readonly sent = new Set<string>();

  constructor(replicas: readonly [TestApp, TestApp], seed: number) {
    this.#replicas = replicas;
    this.#random = new Random(seed);
    this.#ranAt = replicas[0].clock.now().getTime();
  }

  async start(): Promise<void> {
    const [app] = this.#replicas;
    await insertEndpoint(app, app.clock.now());
    for (const [index, id] of this.#userIds.entries()) {
      const policyId = this.#policyIds[index];
      await this.#sql(
        `INSERT INTO policies (id, name, created_at) VALUES ($1::uuid, $2, now())`,
        policyId,
        index === 0 ? 'default' : `p${index}`,
      );
      await this.#sql(
        `INSERT INTO users (id, external_id, created_at, policy_id) VALUES ($1::uuid, $1, now(), $2::uuid)`,
        id,
        index === 0 ? null : policyId,
      );
    }
    await this.#run();
  }

  /** Changes something, lets time pass, or searches and checks the notices. */
  async step(): Promise<void> {
    const choice = this.#random.next();
    if (choice < 0.25) await this.#create();
    else if (choice < 0.4) await this.#changeExpiry();
    else if (choice < 0.45) await this.#end();
    else if (choice < 0.55) await this.#changePolicy();
    else if (choice < 0.75) this.#pass();
    else await this.#run();
  }

  get #now(): number {
    return this.#replicas[0].clock.now().getTime();
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random.next() * items.length)];
  }

  async #sql(text: string, ...values: unknown[]): Promise<void> {
    await this.#replicas[0].database.$executeRawUnsafe(text, ...values);
  }

  /** Passes minutes, hours, or a pause of up to 20 days. */
  #pass(): void {
    const longest = this.#pick([HOUR_MS / 4, 12 * HOUR_MS, 3 * DAY_MS, 20 * DAY_MS]) ?? 0;
    this.#replicas[0].clock.advanceSeconds(Math.ceil((this.#random.next() * longest) / 1_000));
  }

  /** Returns a time within 30 days, often a whole number of days away. */
  #newExpiry(): number | null {
    if (this.#random.chance(0.2)) return null;
    const days = this.#random.next() * 30;
    return this.#now + (this.#random.chance(0.3) ? Math.ceil(days) * DAY_MS : Math.ceil(days * DAY_MS));
  }

  async #create(): Promise<void> {
    if (this.#keys.length >= KEYS) return;
    const [now, isImported] = [this.#now, this.#random.chance(0.3)];
    const user = Math.floor(this.#random.next() * USERS);
    const expiresAt = this.#newExpiry();
    const key = { id: randomUUID(), user, startsAt: now, expiresAt, setAt: now, revoked: false, replaced: false, changedAt: now };
    await this.#sql(
      `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at, imported_at, expires_at)
       VALUES ($1::uuid, $2::uuid, $1, '', $3, $4, $5)`,
      key.id,
      this.#userIds[user],
      new Date(isImported ? now - 50 * DAY_MS : now),
      isImported ? new Date(now) : null,
      expiresAt === null ? null : new Date(expiresAt),
    );
    this.#keys.push({ ...key, expiry: this.#expiryOf(key) });
  }

  async #changeExpiry(): Promise<void> {
    const now = this.#now;
    const key = this.#pick(this.#keys.filter(({ revoked, replaced, expiry }) => !revoked && !replaced && (expiry ?? Infinity) > now));
    if (!key) return;
    key.expiresAt = this.#newExpiry();
    key.setAt = now;
    const expiresAt = key.expiresAt === null ? null : new Date(key.expiresAt);
    await this.#sql('UPDATE api_keys SET expires_at = $2, expiry_set_at = $3 WHERE id = $1::uuid', key.id, expiresAt, new Date(now));
    this.#follow();
  }

  /** Revokes or replaces a key. */
  async #end(): Promise<void> {
    const key = this.#pick(this.#keys);
    if (!key) return;
    if (this.#random.chance(0.5)) {
      key.revoked = true;
      await this.#sql('UPDATE api_keys SET revoked_at = $2 WHERE id = $1::uuid', key.id, new Date(this.#now));
    } else {
      const other = this.#pick(this.#keys.filter(({ id }) => id !== key.id));
      if (!other) return;
      key.replaced = true;
      await this.#sql('UPDATE api_keys SET replaced_by_id = $2::uuid WHERE id = $1::uuid', key.id, other.id);
    }
  }

  async #changePolicy(): Promise<void> {
    const user = Math.floor(this.#random.next() * USERS);
    const days = this.#random.chance(0.3) ? null : Math.ceil(this.#random.next() * 25);
    this.#lifetimes[user] = days;
    await this.#sql('UPDATE policies SET key_lifetime_days_max = $2 WHERE id = $1::uuid', this.#policyIds[user], days);
    this.#follow();
  }

  #expiryOf({ user, startsAt, expiresAt }: Pick<ModelKey, 'user' | 'startsAt' | 'expiresAt'>): number | null {
    const days = this.#lifetimes[user] ?? null;
    const ends = [expiresAt, days === null ? null : startsAt + days * DAY_MS].filter((end) => end !== null);
    return ends.length === 0 ? null : Math.min(...ends);
  }

  /** Follows the effective expiry of every key after a change. */
  #follow(): void {
    for (const key of this.#keys) {
      const expiry = this.#expiryOf(key);
      if (expiry !== key.expiry) Object.assign(key, { expiry, changedAt: this.#now });
    }
  }

  async #run(): Promise<void> {
    const which = this.#random.next();
    const [one, other] = this.#replicas;
    const jobs = which < 0.3 ? [one] : which < 0.6 ? [other] : [one, other];
    await Promise.all(jobs.map(({ noticeJob }) => noticeJob.run()));
    // Each search skips the users that the other one has locked. If both skip a notice, the next search writes it.
    if (jobs.length > 1) await one.noticeJob.run();
    const all = await noticesOf(one);
    for (const notice of all.slice(this.#seen)) this.#checkSent(notice);
    this.#seen = all.length;
    for (const key of this.#keys) this.#checkComplete(key);
    this.#ranAt = this.#now;
  }

  /** Returns the days of the last notice of a key that is due by its time. */
  #nearestOf(key: ModelKey): number | null {
    return NOTICE_DAYS.findLast((days) => key.expiry !== null && key.expiry - days * DAY_MS <= this.#now) ?? null;
  }

  #isDue(key: ModelKey, days: number): boolean {
    const time = (key.expiry ?? Infinity) - days * DAY_MS;
    return !key.revoked && (days === 0 ? time >= key.setAt : time > key.setAt && !key.replaced);
  }

  #checkSent(notice: SeenNotice): void {
    const key = this.#keys.find(({ id }) => id === notice.keyId);
    const days = notice.days ?? 0;
    const name = `${notice.keyId} ${days} ${notice.expiry}`;
    if (this.sent.has(name)) throw new Error(`sent twice: ${name}`);
    if (!key || key.expiry === null || new Date(key.expiry).toISOString() !== notice.expiry)
      throw new Error(`no longer expires then: ${name}`);
    if (this.#nearestOf(key) !== days) throw new Error(`not the nearest: ${name}`);
    if (!this.#isDue(key, days)) throw new Error(`revoked, replaced, or before the last change: ${name}`);
    this.sent.add(name);
  }

  /** Requires a notice with a time since the last search and the last change. */
  #checkComplete(key: ModelKey): void {
    const days = this.#nearestOf(key);
    if (days === null || key.expiry === null || !this.#isDue(key, days)) return;
    if (key.expiry - days * DAY_MS <= Math.max(this.#ranAt, key.changedAt)) return;
    const name = `${key.id} ${days} ${new Date(key.expiry).toISOString()}`;
    if (!this.sent.has(name)) throw new Error(`missing: ${name}`);
  }
}
