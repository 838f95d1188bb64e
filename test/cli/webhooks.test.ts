import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type CommandResult, runBuiltCommand } from '../support/commands.js';
import { runSql } from '../support/database.js';
import { newKey } from '../support/doors.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { TestClock } from '../support/test-clock.js';
import { sendDue } from '../support/webhook-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const SECRET = Buffer.alloc(32, 'secret');
const TARGETS = { WEBHOOK_PRIVATE_TARGETS: '127.0.0.0/8' };
const UNKNOWN_ID = '01a20538-5745-77c0-8216-711042d53509';

let app: TestApp;
let receiver: WebhookReceiver;
/** Returns an app on the same database with the real time, which the commands use. */
const startApp = (appSecrets: Buffer[], databaseUrl?: string) =>
  startTestApp({ env: TARGETS, appSecrets, clock: new TestClock(new Date().toISOString()), ...(databaseUrl && { databaseUrl }) });

beforeAll(async () => {
  app = await startApp([SECRET]);
  receiver = await new WebhookReceiver().start();
});
afterAll(async () => {
  receiver.close();
  await app.close();
});
beforeEach(async () => {
  await runSql(app.databaseUrl, 'TRUNCATE webhook_endpoints, webhook_events, webhook_deliveries');
  receiver.events.length = 0;
});

const run = (group: string, args: string[], appSecrets: Buffer[] = [SECRET]): Promise<CommandResult> => {
  const text = appSecrets.map((secret) => secret.toString('base64')).join();
  return runBuiltCommand(group, args, { DATABASE_URL: app.databaseUrl, APP_SECRETS: text, ...TARGETS });
};
const webhooks = (...args: string[]) => run('webhooks', args);
/** Returns what a command prints with --json. Fails if the command fails. */
const runJson = async (args: string[], appSecrets?: Buffer[]): Promise<Record<string, unknown>[]> => {
  const { code, stdout, stderr } = await run('webhooks', [...args, '--json'], appSecrets);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
};
/** Returns the only record that a command prints with --json. */
const oneJson = async (...args: string[]): Promise<Record<string, unknown>> => {
  const records = await runJson(args);
  expect(records).toHaveLength(1);
  return records[0] ?? {};
};
const reencrypt = async (...appSecrets: Buffer[]) => {
  const { code, stdout } = await run('secrets', ['re-encrypt', '--json'], appSecrets);
  expect(code).toBe(0);
  const { webhookEndpoints, unreadableWebhookEndpoints } = JSON.parse(stdout);
  return { webhookEndpoints, unreadableWebhookEndpoints };
};
/** Sends what is due with these application secrets, and returns which of the secrets signed the last request. */
const signersOf = async (appSecrets: Buffer[], secrets: unknown[]): Promise<boolean[]> => {
  const other = await startApp(appSecrets, app.databaseUrl);
  receiver.events.length = 0;
  await sendDue(other);
  await other.close();
  const { headers = {}, body = '', id = '' } = receiver.events.at(-1) ?? {};
  const { 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers as Record<string, string>;
  const sentAt = new Date(Number(timestamp) * 1_000);
  return secrets.map((secret) => signatures !== '' && signatures.split(' ').includes(new Webhook(String(secret)).sign(id, sentAt, body)));
};

describe('keyward webhooks', () => {
  test('create, update, disable, enable, list and delete change an endpoint, and print its secret once', async () => {
    const types = ['--event-types', 'api_key.created, user.deleted'];
    const { secret, ...created } = await oneJson('create', receiver.url, '--description', 'CRM', ...types);
    const { id } = created;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(created).toEqual({
      id: expect.any(String),
      url: receiver.url,
      description: 'CRM',
      eventTypes: ['api_key.created', 'user.deleted'],
      createdAt: expect.any(String),
      disabledAt: null,
      disabledReason: null,
    });
    expect(await oneJson('update', String(id), '--event-types', '')).toEqual({ ...created, eventTypes: [] });
    const disabled = await oneJson('disable', String(id));
    const disabledReason = 'Disabled by a service or by the operator.';
    expect(disabled).toEqual({ ...created, eventTypes: [], disabledAt: expect.any(String), disabledReason });
    expect(await runJson(['list'])).toEqual([disabled]);
    expect(await oneJson('enable', String(id))).toEqual({ ...created, eventTypes: [] });
    const list = await webhooks('list');
    expect(list.stdout).toContain(`id: ${id}  url: ${receiver.url}  description: CRM  eventTypes: -  `);
    expect(list.stdout).not.toContain('whsec_');
    expect(await oneJson('delete', String(id))).toEqual({ ...created, eventTypes: [] });
    expect(await runJson(['list'])).toEqual([]);
    const events = await runSql<{ action: string; actor: string }>(
      app.databaseUrl,
      `SELECT action, details->>'actor' AS actor FROM audit_events WHERE details->>'webhookEndpointId' = $1 ORDER BY at, id`,
      [id],
    );
    expect(events).toEqual(
      ['ENDPOINT_CREATED', 'ENDPOINT_UPDATED', 'ENDPOINT_DISABLED', 'ENDPOINT_UPDATED', 'ENDPOINT_DELETED'].map((action) => ({
        action: `WEBHOOK_${action}`,
        actor: 'operator',
      })),
    );
  });

  test('test, deliveries and redeliver queue events and print their state', async () => {
    const { id } = await oneJson('create', receiver.url);
    // The events of the app have this time.
    const since = app.clock.now().toISOString();
    const queued = await oneJson('test', String(id));
    expect(queued).toMatchObject({ eventType: 'webhook.test', status: 'PENDING', attempts: 0 });
    await oneJson('disable', String(id));
    await newKey(app);
    expect((await webhooks('redeliver', String(id), '--since', since)).stderr).toBe(
      'keyward: This webhook endpoint is disabled. Enable it first.\n',
    );
    await oneJson('enable', String(id));
    // A user and a key were created.
    expect(await oneJson('redeliver', String(id), '--since', since)).toEqual({ queued: 2 });
    expect(await runJson(['deliveries', String(id)])).toHaveLength(3);
    await signersOf([SECRET], []);
    expect(receiver.types.sort()).toEqual(['api_key.created', 'user.created', 'webhook.test']);
    expect(await runJson(['deliveries', String(id), '--status', 'pending'])).toEqual([]);
    const delivered = await runJson(['deliveries', String(id), '--status', 'delivered']);
    expect(delivered.map(({ eventType, status, lastStatusCode }) => [eventType, status, lastStatusCode]).sort()).toEqual([
      ['api_key.created', 'DELIVERED', 204],
      ['user.created', 'DELIVERED', 204],
      ['webhook.test', 'DELIVERED', 204],
    ]);
    expect(await oneJson('redeliver', String(id), '--since', since, '--include-delivered')).toEqual({ queued: 2 });
  });

  test('deliveries prints more than one page, each delivery once', async () => {
    const { id } = await oneJson('create', receiver.url);
    await runSql(
      app.databaseUrl,
      `WITH event AS (INSERT INTO webhook_events (id, type, at, subject_id, data)
         SELECT gen_random_uuid(), 'user.created', now(), $1, '{}' FROM generate_series(1, 250) RETURNING *)
       INSERT INTO webhook_deliveries (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
       SELECT $1, position, id, type, subject_id, at, at FROM event`,
      [id],
    );
    const printed = await runJson(['deliveries', String(id)]);
    expect(new Set(printed.map((delivery) => delivery.id)).size).toBe(250);
    expect(printed).toHaveLength(250);
  });

  test.each([
    [['create', 'http://127.0.0.1.example/sesame', '--event-types', 'sesame'], 1, /^keyward: event-types item 1 is unknown\. /],
    [['create', 'https://user:sesame@app.example.com/'], 1, /^keyward: url must have no user name, password or fragment\n$/],
    [['rotate-secret', UNKNOWN_ID, '--overlap', '2592001'], 1, /^keyward: overlap-seconds must be from 0 to 2592000\n$/],
    [['enable', UNKNOWN_ID], 1, /^keyward: There is no webhook endpoint with this ID\.\n$/],
    [['delete', 'sesame'], 1, /^keyward: There is no webhook endpoint with this ID\.\n$/],
    [['deliveries', UNKNOWN_ID, '--status', 'gone'], 2, /It must be pending, delivered or failed\./],
    [['redeliver', UNKNOWN_ID], 2, /required option '--since <time>' not specified/],
    [['redeliver', UNKNOWN_ID, '--since', 'soon'], 2, /It must be a time like 2027-01-31T12:00:00Z\./],
  ])('with %j exits with %d, names what is wrong, and creates nothing', async (args, code, message) => {
    const result = await webhooks(...args);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('sesame');
    expect(await app.database.webhookEndpoint.count()).toBe(0);
  });
});

describe('keyward secrets re-encrypt', () => {
  test('encrypts both secrets of an endpoint with the newest of APP_SECRETS, so that the old one can be removed', async () => {
    const newest = randomBytes(32);
    const { id, secret } = await oneJson('create', receiver.url);
    const { secret: second } = await oneJson('rotate-secret', String(id));
    await oneJson('test', String(id));
    const before = await app.database.webhookEndpoint.findMany();
    expect(await reencrypt(newest)).toEqual({ webhookEndpoints: 0, unreadableWebhookEndpoints: 1 });
    expect(await app.database.webhookEndpoint.findMany()).toEqual(before);
    expect(await signersOf([newest], [secret, second])).toEqual([false, false]);

    expect(await reencrypt(newest, SECRET)).toEqual({ webhookEndpoints: 1, unreadableWebhookEndpoints: 0 });
    expect(await reencrypt(newest)).toEqual({ webhookEndpoints: 0, unreadableWebhookEndpoints: 0 });
    expect(await signersOf([newest], [secret, second])).toEqual([true, true]);
  });

  test('encrypts the new secret of an endpoint although the secret before the rotation cannot be decrypted', async () => {
    const [middle, newest] = [randomBytes(32), randomBytes(32)];
    const { id } = await oneJson('create', receiver.url);
    // The application secret was lost, so the operator rotates the secret of the webhook.
    const [rotated] = await runJson(['rotate-secret', String(id)], [middle]);
    await oneJson('test', String(id));
    expect(await reencrypt(newest, middle)).toEqual({ webhookEndpoints: 1, unreadableWebhookEndpoints: 1 });
    expect(await signersOf([newest], [rotated?.secret])).toEqual([true]);
    await runSql(app.databaseUrl, 'UPDATE webhook_endpoints SET previous_secret_expires_at = now()');
    expect(await reencrypt(newest)).toEqual({ webhookEndpoints: 1, unreadableWebhookEndpoints: 0 });
    expect(await app.database.webhookEndpoint.findMany()).toMatchObject([{ previousSealedSecret: null, previousSecretExpiresAt: null }]);
    expect(await reencrypt(newest)).toEqual({ webhookEndpoints: 0, unreadableWebhookEndpoints: 0 });
  });
});
