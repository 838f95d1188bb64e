import { v7 as uuidv7 } from 'uuid';
import { findStoredKeys, insertImportedKeys } from '../api-keys/imported-keys.js';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { NewOwner, Users } from '../auth/accounts/users.js';
import type { Actor } from '../platform/actor.js';
import type { Transaction } from '../platform/database/client.js';
import { makeKeyPrefix } from '../platform/plaintext-key.js';
import type { ImportedKey } from './import-line.js';
import { ownerKeyOf } from './owner.js';

/** What was written of an imported key. */
export interface WrittenKey {
  id: string;
  keyPrefix: string;
}

/** The keys of one transaction, none of which exists. */
interface WriterBatch {
  keys: readonly ImportedKey[];
  /** IDs of the existing owners. */
  userIds: ReadonlyMap<string, string>;
  /** Policies of the owners to create, by owner. */
  policies: ReadonlyMap<string, { id: string }>;
  now: Date;
  actor: Actor;
  /** Absent for keys of Keyward's own form. */
  importFormId?: number;
}

interface Dependencies {
  users: Users;
  audit: AuditRecorder;
  /** KEY_NAMESPACE. */
  namespace: string;
  /** Source of randomness, for tests only. */
  random?: (bytes: number) => Buffer;
}

/** Writes imported keys and their missing owners, with their audit events. */
export class ImportedKeyWriter {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {KeywardError} CONFLICT if an owner was created concurrently; a unique violation if a key was */
  async write(transaction: Transaction, batch: WriterBatch): Promise<{ written: WrittenKey[]; usersMade: number }> {
    const { keys, now, actor, importFormId } = batch;
    const created = this.#newOwners(batch);
    await this.#deps.users.createWithoutPassword(transaction, created, now);
    const userIds = new Map([...batch.userIds, ...created.map((owner): [string, string] => [ownerKeyOf(owner), owner.id])]);
    const keyPrefixes = await this.#keyPrefixes(transaction, keys);
    const rows = keys.map(({ owner, policy: _policy, ...key }, index) => ({
      ...key,
      id: uuidv7({ msecs: now.getTime() }),
      userId: userIds.get(ownerKeyOf(owner)) ?? '',
      keyPrefix: keyPrefixes[index] ?? '',
      importedAt: now,
      ...(importFormId !== undefined && { importFormId }),
    }));
    await insertImportedKeys(transaction, rows);
    const ofUsers = created.flatMap(({ id, externalId }) =>
      externalId === null ? [] : [{ userId: id, action: AuditAction.USER_CREATED }],
    );
    const ofKeys = rows.map(({ id, userId, keyPrefix }) => ({
      userId,
      action: AuditAction.API_KEY_IMPORTED,
      apiKeyId: id,
      details: { keyPrefix },
    }));
    await this.#deps.audit.record(transaction, [...ofUsers, ...ofKeys], actor);
    return { written: rows.map(({ id, keyPrefix }) => ({ id, keyPrefix })), usersMade: created.length };
  }

  /** Returns the owners to create, sorted, so that concurrent transactions that create the same wait for each other, without a deadlock. */
  #newOwners({ keys, userIds, policies, now }: WriterBatch): NewOwner[] {
    const missing = new Map(keys.map(({ owner }) => [ownerKeyOf(owner), owner]));
    return [...missing]
      .filter(([owner]) => !userIds.has(owner))
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, owner]) => ({ ...owner, id: uuidv7({ msecs: now.getTime() }), policyId: policies.get(key)?.id ?? null }));
  }

  /** Returns the key prefix of each key: its own, or a prefix that no key has. Among a million keys, one in ten batches draws a used one. */
  async #keyPrefixes(transaction: Transaction, keys: readonly ImportedKey[]): Promise<string[]> {
    const { namespace, random } = this.#deps;
    const taken = new Set(keys.flatMap(({ keyPrefix }) => keyPrefix ?? []));
    const wanted = keys.filter(({ keyPrefix }) => keyPrefix === undefined).length;
    const free: string[] = [];
    while (free.length < wanted) {
      const drawn = Array.from({ length: wanted - free.length }, () => makeKeyPrefix(namespace, random)).filter(
        (prefix) => !taken.has(prefix),
      );
      for (const prefix of drawn) taken.add(prefix);
      const candidates = [...new Set(drawn)];
      const stored = await findStoredKeys(transaction, { keyPrefixes: candidates, fingerprints: [], importDigests: [] });
      const used = new Set(stored.map(({ keyPrefix }) => keyPrefix));
      free.push(...candidates.filter((prefix) => !used.has(prefix)));
    }
    const next = free.values();
    return keys.map(({ keyPrefix }) => keyPrefix ?? next.next().value ?? '');
  }
}
