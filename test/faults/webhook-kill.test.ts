import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Findings } from '../support/faults/findings.js';
import { killLoop } from '../support/faults/kill-loop.js';
import { Random } from '../support/faults/random.js';
import { startServer } from '../support/server-process.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** `npm run soak` kills a hundred times. */
const KILLS = 10;

test(`E1: every committed change is delivered with one stable id after ${KILLS} kills (-9), and no other change`, async () => {
  const databaseUrl = await newDatabase();
  const receiver = await new WebhookReceiver().start();
  const env = { DATABASE_URL: databaseUrl, APP_SECRETS: randomBytes(32).toString('base64'), WEBHOOK_PRIVATE_TARGETS: '127.0.0.1' };
  expect(await runBuiltCommand('webhooks', ['create', receiver.url], env)).toMatchObject({ code: 0 });
  const findings = new Findings();
  const options = { env, kills: KILLS, lanes: 2, random: new Random(3), findings, databaseUrl: async () => databaseUrl };
  const creates = await killLoop(options);
  expect(findings).toMatchObject({ wrongAnswers: 0, lostWrites: 0, told: [] });
  expect(creates.acknowledged).toBeGreaterThan(0);

  // The end of the leases of killed servers would take a minute.
  await runSql(databaseUrl, `UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'PENDING'`);
  const server = await startServer(env);
  const undelivered = `SELECT FROM webhook_deliveries WHERE status <> 'DELIVERED'`;
  await eventually(async () => expect(await runSql(databaseUrl, undelivered)).toEqual([]), { withinMs: 60_000 });
  await server.stop();
  receiver.close();

  const keys = (await runSql<{ id: string }>(databaseUrl, 'SELECT id FROM api_keys ORDER BY id')).map(({ id }) => id);
  const users = (await runSql<{ id: string }>(databaseUrl, 'SELECT id FROM users ORDER BY id')).map(({ id }) => id);
  const byId = new Map(receiver.events.map((event) => [event.id, event]));
  const created = (type: string) => [...byId.values()].filter((event) => event.type === type);
  expect(
    created('api_key.created')
      .map(({ data }) => data.apiKey?.id)
      .sort(),
  ).toEqual(keys);
  expect(
    created('user.created')
      .map(({ data }) => data.user?.id)
      .sort(),
  ).toEqual(users);
  await dropDatabase(databaseUrl);
}, 240_000);
