import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/program.js';
import { startServer } from '../support/server-process.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

test('examples/expiry-mail.mjs verifies the signature of a real event, mails the owner of the key, and rejects a forged event', async () => {
  const databaseUrl = await newDatabase();
  cleanups.push(() => dropDatabase(databaseUrl));
  const env = { DATABASE_URL: databaseUrl, APP_SECRETS: randomBytes(32).toString('base64'), WEBHOOK_PRIVATE_TARGETS: '127.0.0.1' };
  const port = await freePort();
  const created = await runBuiltCommand('webhooks', ['create', `http://127.0.0.1:${port}/`, '--json'], env);
  expect(created).toMatchObject({ code: 0, stderr: '' });
  const { secret } = JSON.parse(created.stdout);
  await runSql(databaseUrl, `UPDATE webhook_endpoints SET created_at = now() - interval '1 hour'`);
  await runSql(databaseUrl, `INSERT INTO users (id, external_id, created_at) VALUES (gen_random_uuid(), 'ada', now())`);
  await runSql(
    databaseUrl,
    `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at, expires_at)
     SELECT gen_random_uuid(), id, 'amos_1a2b3c4d', '', now() - interval '30 days', now() + interval '6 days 23 hours 59 minutes' FROM users`,
  );
  const receiver = spawn(process.execPath, ['examples/expiry-mail.mjs'], {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(async () => receiver.kill() && once(receiver, 'close'));
  let output = '';
  receiver.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await eventually(() => expect(output).toContain('listens at'), { withinMs: 10_000 });

  const keyward = await startServer(env);
  cleanups.push(() => keyward.stop());
  await eventually(() => expect(output).toContain('mail to ada: Your key amos_1a2b3c4d expires in 7 days or less\n'), { withinMs: 20_000 });

  const forged = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'webhook-id': 'x', 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)), 'webhook-signature': 'v1,AAAA' },
    body: '{"type":"api_key.expired","data":{}}',
  });
  expect(forged.status).toBe(401);
});
