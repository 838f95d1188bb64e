import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Asker } from './asker.js';
import { FAULTS } from './chaos.js';
import { Findings } from './findings.js';
import { killLoop } from './kill-loop.js';
import { Load, type LoadSize, verify } from './load.js';
import { Random } from './random.js';
import { DATABASE, type Stack, startStack } from './stack.js';
import { compareWithDatabase } from './verdict.js';
import { killSenders } from './webhook-kills.js';

/** Time after the last disturbance, so that later responses are checked too. */
const CALM_MS = 3_000;

const PROGRESS_EVERY_MS = 10_000;

export interface SoakOptions {
  /** 0: the soak ends when each kind of disturbance has occurred once. */
  seconds: number;
  everySeconds: number;
  /** Duration of a disturbance that lasts. */
  faultSecondsMax: number;
  /** Number of servers that are killed while they create keys, before the rest begins. */
  kills: number;
  /** Number of servers that are killed while they also send events to a webhook endpoint, before the rest begins. */
  webhookKills: number;
  /** Determines the order of the disturbances and the requests, as far as they are random. */
  seed: number;
  load: LoadSize;
  onProgress(line: string): void;
}

/**
 * Runs two servers over one PostgreSQL, under load, with a disturbance every few seconds: every kind once in random order, then
 * again. At the end verifies every key again and compares what was acknowledged with the database.
 */
export async function soak(options: SoakOptions): Promise<Findings> {
  const random = new Random(options.seed);
  const findings = new Findings();
  // A token is valid for the whole soak. Sessions and their refresh have tests of their own.
  const stack = await startStack({ replicas: 2, env: { ACCESS_TOKEN_TTL_SECONDS: '86400' } });
  if (options.kills > 0) {
    await killServers(stack, options, random, findings);
    options.onProgress(`      ${options.kills} servers killed while they created keys`);
  }
  if (options.webhookKills > 0) options.onProgress(await killWebhookSenders(stack, options, random, findings));
  const startedAt = performance.now();
  const asker = new Asker(stack.replicas, findings);
  const progress = setInterval(() => options.onProgress(progressLine(findings, startedAt)), PROGRESS_EVERY_MS);
  try {
    const load = new Load(asker, random, options.load);
    await sleep(CALM_MS / 2);
    const endsAt = startedAt + options.seconds * 1_000;
    do {
      for (const name of random.shuffled(Object.keys(FAULTS))) {
        if (options.seconds > 0 && performance.now() > endsAt) break;
        const nextAt = performance.now() + options.everySeconds * 1_000;
        findings.countFault(name);
        asker.faultBegins();
        await FAULTS[name]?.({ stack, random, findings, secondsMax: options.faultSecondsMax });
        asker.faultEnds();
        await sleep(Math.max(0, nextAt - performance.now()));
      }
    } while (performance.now() < endsAt);
    await sleep(CALM_MS);
    await load.stop();
    for (const key of load.keys) await verify(asker, random.pick(stack.replicas), key, random);
    await compareWithDatabase((sql) => stack.cluster.query(DATABASE, sql), load.accounts, findings);
  } finally {
    clearInterval(progress);
    await stack.stop();
  }
  return findings;
}

/** Runs on a separate database without other load. */
async function killServers({ cluster }: Stack, { kills }: SoakOptions, random: Random, findings: Findings): Promise<void> {
  await cluster.query('postgres', 'CREATE DATABASE kills');
  const env = { DATABASE_URL: cluster.url('kills'), APP_SECRETS: randomBytes(32).toString('base64') };
  await killLoop({ env, kills, lanes: 3, random, findings, databaseUrl: async () => env.DATABASE_URL });
}

/** Runs on a separate database without other load. @returns a line about the result */
async function killWebhookSenders({ cluster }: Stack, { webhookKills: kills }: SoakOptions, random: Random, findings: Findings) {
  await cluster.query('postgres', 'CREATE DATABASE webhook_kills');
  const { events, repeated } = await killSenders({ databaseUrl: cluster.url('webhook_kills'), kills, lanes: 3, random, findings });
  return `      ${kills} servers killed while they sent events: ${events} events delivered, ${repeated} deliveries repeated`;
}

function progressLine({ requests, faults, wrongAnswers, lostWrites }: Findings, startedAt: number): string {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  const count = [...faults.values()].reduce((sum, one) => sum + one, 0);
  return `${seconds.padStart(5)} s  ${requests} requests, ${count} faults, ${wrongAnswers} wrong answers, ${lostWrites} lost acknowledged writes`;
}
