import { randomBytes } from 'node:crypto';
import { runBuiltCommand } from '../commands.js';
import { runSql } from '../database.js';
import { eventually } from '../eventually.js';
import { startServer } from '../server-process.js';
import { type ReceivedEvent, WebhookReceiver } from '../webhook-receiver.js';
import type { Findings } from './findings.js';
import { killLoop } from './kill-loop.js';
import type { Random } from './random.js';

/** Longest time of the receiver to answer, so that kills interrupt attempts. */
const ANSWER_MS_MAX = 60;

const FAULT = 'server killed (-9) while it sent events';

const DELIVERED_WITHIN_MS = 60_000;

export interface WebhookKillOptions {
  /** A database with nothing but the tables of Keyward, or without tables. */
  databaseUrl: string;
  kills: number;
  /** Number of servers that run side by side. */
  lanes: number;
  random: Random;
  findings: Findings;
}

/**
 * Kills servers (-9) while they commit changes and send events to a receiver on this machine. At the end checks that the event of every
 * committed change was delivered, always with the same ID, and that no other change has an event.
 *
 * @returns the number of acknowledged keys, of delivered events, and of deliveries that a kill caused to be repeated
 */
export async function killSenders(options: WebhookKillOptions): Promise<{ acknowledged: number; events: number; repeated: number }> {
  const { databaseUrl, random, findings } = options;
  const receiver = await new WebhookReceiver().start();
  receiver.answer = (response) => void setTimeout(() => response.writeHead(204).end(), random.between(0, ANSWER_MS_MAX));
  const env = { DATABASE_URL: databaseUrl, APP_SECRETS: randomBytes(32).toString('base64'), WEBHOOK_PRIVATE_TARGETS: '127.0.0.1' };
  try {
    const created = await runBuiltCommand('webhooks', ['create', receiver.url], env);
    if (created.code !== 0) throw new Error(`the webhook endpoint was not created: ${created.stderr}`);
    const { acknowledged } = await killLoop({ ...options, env, fault: FAULT, databaseUrl: async () => databaseUrl });
    await sendRest(databaseUrl, env, findings);
    const byId = new Map(receiver.events.map((event) => [event.id, event]));
    const received = [...byId.values()];
    await compare(
      databaseUrl,
      'api_keys',
      eventsOf(received, 'api_key.created', ({ data }) => data.apiKey?.id),
      findings,
    );
    await compare(
      databaseUrl,
      'users',
      eventsOf(received, 'user.created', ({ data }) => data.user?.id),
      findings,
    );
    return { acknowledged, events: byId.size, repeated: receiver.events.length - byId.size };
  } finally {
    receiver.close();
  }
}

/** Lets a server deliver what the killed ones left. */
async function sendRest(databaseUrl: string, env: Record<string, string>, findings: Findings): Promise<void> {
  // The end of the leases of killed servers would take a minute.
  await runSql(databaseUrl, `UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'PENDING'`);
  const server = await startServer(env);
  const undelivered = () => runSql(databaseUrl, `SELECT FROM webhook_deliveries WHERE status <> 'DELIVERED'`);
  const check = async () => {
    if ((await undelivered()).length > 0) throw new Error('deliveries are pending');
  };
  await eventually(check, { withinMs: DELIVERED_WITHIN_MS }).catch(async () => {
    findings.lost(`${(await undelivered()).length} events were not delivered within ${DELIVERED_WITHIN_MS / 1_000} s`);
  });
  await server.stop();
}

/** Returns the IDs of the rows that events of a type are about, once for each event ID. */
const eventsOf = (events: readonly ReceivedEvent[], type: string, rowOf: (event: ReceivedEvent) => string | undefined): string[] =>
  events.filter((event) => event.type === type).map((event) => rowOf(event) ?? `none (event ${event.id})`);

/** Compares the rows of a table with those about which events were received. Each row must have one event ID. */
async function compare(databaseUrl: string, table: 'api_keys' | 'users', received: readonly string[], findings: Findings): Promise<void> {
  const rows = new Set((await runSql<{ id: string }>(databaseUrl, `SELECT id FROM ${table}`)).map(({ id }) => id));
  const seen = new Set<string>();
  for (const id of received) {
    if (!rows.has(id)) findings.wrong(`an event reports the creation of ${id}, which ${table} does not contain`);
    if (seen.has(id)) findings.wrong(`the creation of ${id} in ${table} has two events`);
    seen.add(id);
  }
  for (const id of rows) if (!seen.has(id)) findings.lost(`the event of the creation of ${id} in ${table}`);
}
