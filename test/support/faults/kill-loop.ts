import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSql } from '../database.js';
import { eventually } from '../eventually.js';
import { ask, type ServerProcess, startServer } from '../server-process.js';
import type { Findings } from './findings.js';
import type { Random } from './random.js';
import { checkDatabase } from './verdict.js';

const KEYS_MAX = 5;

/** Above KEYS_MAX, so that the limit is tested while servers are killed. */
const CREATES = 8;

/** Approximate time to create one key, most of which is its hash. */
const CREATE_MS = 80;

/** Number of users for which keys are created up to the limit at the end. */
const FILLED = 3;

/** A user for which a server was creating keys when it was killed. */
interface Victim {
  token: string;
  acknowledged: string[];
}

export interface KillLoopOptions {
  /** Environment of the servers, which share one database. */
  env: Readonly<Record<string, string>>;
  kills: number;
  /** Name under which the kills are counted. The default is that of kills while keys are created. */
  fault?: string;
  /** Number of servers that run side by side. */
  lanes: number;
  random: Random;
  findings: Findings;
  /** Client of the database, used when the last server is running. */
  databaseUrl(): Promise<string>;
  afterKill?(kills: number): Promise<void>;
}

/**
 * Starts servers, lets each create keys of a new user, and kills it (-9) meanwhile. At the end checks that every acknowledged key
 * exists, that every row is complete and has its audit event, that no user exceeds the limit, and that the next server works.
 *
 * @returns the number of acknowledged keys, and the number of interrupted creates
 */
export async function killLoop(options: KillLoopOptions): Promise<{ acknowledged: number; cutOff: number }> {
  const { env, kills, lanes, random, findings } = options;
  const victims: Victim[] = [];
  let begun = 0;
  const lane = async () => {
    while (begun < kills) {
      begun += 1;
      victims.push(await killOnce(env, random));
      findings.countFault(options.fault ?? 'server killed (-9) while it made keys');
      await options.afterKill?.(victims.length);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));

  const server = await startServer(env);
  await judge(await options.databaseUrl(), server, victims, findings);
  await server.stop();
  const acknowledged = victims.reduce((sum, victim) => sum + victim.acknowledged.length, 0);
  return { acknowledged, cutOff: victims.length * CREATES - acknowledged };
}

/** Kills the server at a random time during the creation of one of the first keys. */
async function killOnce(env: Readonly<Record<string, string>>, random: Random): Promise<Victim> {
  const server = await startServer(env);
  const email = `${randomBytes(8).toString('hex')}@example.com`;
  const { signUp } = await ask<{ signUp: { accessToken: string } }>(
    server,
    `mutation { signUp(input: { email: "${email}", password: "correct horse battery staple" }) { accessToken } }`,
  );
  const victim: Victim = { token: signUp.accessToken, acknowledged: [] };
  const madeBefore = random.pick([0, 1, 2, 3]);
  const creates = createKeys(server, victim);
  await eventually(
    () => {
      if (victim.acknowledged.length < madeBefore) throw new Error(`${victim.acknowledged.length} of ${madeBefore} keys are created`);
    },
    { withinMs: 30_000 },
  );
  // The time of the kill is random, so that it can hit each step of a creation.
  await sleep(random.between(0, CREATE_MS));
  await server.stop('SIGKILL');
  await creates;
  return victim;
}

async function createKeys(server: ServerProcess, victim: Victim): Promise<void> {
  const create = async () => {
    const query = 'mutation { createApiKey { apiKey { id } } }';
    const { createApiKey } = await ask<{ createApiKey: { apiKey: { id: string } } }>(server, query, {}, victim.token);
    victim.acknowledged.push(createApiKey.apiKey.id);
  };
  await Promise.allSettled(Array.from({ length: CREATES }, create));
}

async function judge(databaseUrl: string, server: ServerProcess, victims: readonly Victim[], findings: Findings): Promise<void> {
  const query = <Row>(sql: string) => runSql(databaseUrl, sql) as Promise<Row[]>;
  const rows = await checkDatabase(query, findings);
  for (const id of victims.flatMap((victim) => victim.acknowledged)) if (!rows.has(id)) findings.lost(`the creation of key ${id}`);
  for (const victim of victims.slice(-FILLED)) {
    await createKeys(server, victim);
    const { myApiKeys } = await ask<{ myApiKeys: unknown[] }>(server, '{ myApiKeys { id } }', {}, victim.token);
    if (myApiKeys.length !== KEYS_MAX) findings.wrong(`a user can have ${myApiKeys.length} keys after a kill`);
  }
  await checkDatabase(query, findings);
}
