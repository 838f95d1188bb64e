import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase } from '../support/database.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

const GUIDE = readFileSync('docs/guides/plans-and-limits.md', 'utf8');
const WEBHOOK_SECRET = randomBytes(16).toString('hex');

/** Returns the blocks of the guide in a language. */
const blocks = (language: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);

/** The arguments of each `npx keyward` command of the guide, in their order. */
const COMMANDS = blocks('bash')
  .flatMap((text) => text.trim().split('\n'))
  .filter((line) => line.startsWith('npx keyward '))
  .map((line) => [...line.slice('npx keyward '.length).matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''));

let databaseUrl: string;
let env: Record<string, string>;
let keyward: ServerProcess;
beforeAll(async () => {
  databaseUrl = await newDatabase();
  env = { DATABASE_URL: databaseUrl, APP_SECRETS: randomBytes(32).toString('base64'), AUTH_MODE: 'product' };
  keyward = await startServer(env);
});
afterAll(async () => {
  await keyward.stop();
  await dropDatabase(databaseUrl);
});

/** Runs the next commands of the guide that begin with these words. @returns what they print as JSON */
async function run(...words: string[]): Promise<Record<string, unknown>[]> {
  const printed = [];
  for (const args of COMMANDS.filter((each) => words.every((word, index) => each[index] === word))) {
    const [group = '', ...rest] = args;
    const { code, stdout, stderr } = await runBuiltCommand(group, [...rest, '--json'], env);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    printed.push(JSON.parse(stdout));
  }
  expect(printed.length).toBeGreaterThan(0);
  return printed;
}

/** Sends an operation with the headers. @returns its data, which it must have */
async function ask<Data>(query: string, variables: object, headers: Record<string, string>): Promise<Data> {
  const response = await fetch(`${keyward.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

async function newToken(name: string, permissions: string): Promise<string> {
  const { stdout } = await runBuiltCommand('service-tokens', ['create', name, '--permissions', permissions, '--json'], env);
  return JSON.parse(stdout).token;
}

async function startWebhook(token: string) {
  const child = spawn(process.execPath, ['examples/plans/webhook.mjs'], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', KEYWARD_URL: keyward.url, KEYWARD_TOKEN: token, WEBHOOK_SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const url = `${/listens at (http:\S+)/.exec(String(line))?.[1]}/webhooks/billing`;
  /** Sends an event as the provider does. @returns the status */
  const send = async (status: string, created: number, secret = WEBHOOK_SECRET): Promise<number> => {
    const subscription = { status, items: { data: [{ price: { id: 'price_pro' } }] }, metadata: { userId: 'user_42' } };
    const body = JSON.stringify({ type: 'customer.subscription.updated', created, data: { object: subscription } });
    const time = Math.floor(Date.now() / 1_000);
    const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
    return (await fetch(url, { method: 'POST', headers: { 'stripe-signature': `t=${time},v1=${signature}` }, body })).status;
  };
  const stop = async () => {
    const closed = once(child, 'close');
    child.kill();
    await closed;
  };
  return { send, stop };
}

describe('docs/guides/plans-and-limits.md', () => {
  test('its commands, its operation and its example limit the keys of a user from the next verification on', async () => {
    const [free, pro] = await run('policies', 'create');
    expect(free).toMatchObject({ name: 'free', scopes: ['orders:read'], ownerRateLimit: '1000/60', keyLifetimeDaysMax: 90 });
    expect(pro).toMatchObject({ name: 'pro', scopes: ['orders:*'], keysMax: 20 });
    const [billing] = await run('service-tokens', 'create', 'billing');
    const authorization = { authorization: `Bearer ${billing?.token}` };
    const [operation = ''] = blocks('graphql');
    expect(await ask(operation, {}, authorization)).toEqual({ upsertUser: { created: true } });
    expect(await run('users', 'set-policy')).toMatchObject([{ policy: 'pro' }, { policy: null }]);

    const acting = { authorization: `Bearer ${await newToken('backend', 'users:act')}`, 'x-keyward-on-behalf-of': 'user_42' };
    const create = 'mutation { createApiKey(input: { scopes: ["orders:write"] }) { plaintextKey } }';
    const key = (await ask<{ createApiKey: { plaintextKey: string } }>(create, {}, acting)).createApiKey.plaintextKey;
    const verify = async () => {
      const query = 'mutation ($key: String!) { verifyApiKey(input: { key: $key, scopes: ["orders:write"] }) { code message } }';
      return (await ask<{ verifyApiKey: { code: string; message: string } }>(query, { key }, {})).verifyApiKey;
    };
    const webhook = await startWebhook(String(billing?.token));
    expect(await webhook.send('active', 100)).toBe(204);
    expect((await verify()).code).toBe('VALID');
    expect(await webhook.send('canceled', 200)).toBe(204);
    expect(await verify()).toEqual({ code: 'INSUFFICIENT_SCOPE', message: blocks('text')[0]?.trim() });
    // An event that arrives late or that the provider did not sign changes nothing.
    expect(await webhook.send('active', 150)).toBe(204);
    expect(await webhook.send('active', 300, 'wrong')).toBe(400);
    expect((await verify()).code).toBe('INSUFFICIENT_SCOPE');
    await webhook.stop();

    expect(await run('policies', 'update')).toMatchObject([{ scopes: ['orders:read', 'catalogue:read'], affectedKeys: 1 }]);
    const shown = await runBuiltCommand('policies', ['show', 'free', '--json'], env);
    expect(JSON.parse(shown.stdout)).toMatchObject({ scopes: ['orders:read'], users: 1 });
    await run('policies', 'delete');
    const list = await runBuiltCommand('policies', ['list', '--json'], env);
    expect(JSON.parse(list.stdout)).toMatchObject({ name: 'free' });
  });
});

describe('keyward policies', () => {
  const policies = (...args: string[]) => runBuiltCommand('policies', args, env);

  test('create, update, show and delete change one policy by its name, and --clear removes ceilings', async () => {
    const every = ['--description', 'A plan', '--scopes', '', '--keys-max', '0', '--expiry-required', '--cidrs', '10.0.0.0/8,::1'];
    expect((await policies('create', 'full', ...every, '--owner-rate-limit', '5/1', '--key-lifetime-days', '7')).code).toBe(0);
    const show = async () => JSON.parse((await policies('show', 'full', '--json')).stdout);
    expect(await show()).toMatchObject({ scopes: [], keysMax: 0, expiryRequired: true, allowedCidrs: ['10.0.0.0/8', '::1'], users: 0 });
    const all = 'description,scopes,keys-max,owner-rate-limit,key-lifetime-days,expiry-required,cidrs';
    expect((await policies('update', 'full', '--clear', all, '--keys-max', '3')).code).toBe(0);
    const nothing = { description: null, scopes: null, ownerRateLimit: null, keyLifetimeDaysMax: null };
    expect(await show()).toMatchObject({ ...nothing, keysMax: 3, expiryRequired: false, allowedCidrs: [] });
    expect((await policies('delete', 'full')).code).toBe(0);
    expect(await policies('show', 'full')).toMatchObject({ code: 1, stderr: 'keyward: There is no policy with this name.\n' });
  });

  test.each([
    [['create', 'x', '--owner-rate-limit', '5']],
    [['create', 'x', '--keys-max', 'many']],
    [['update', 'x', '--clear', 'name']],
    [['create']],
  ])('reports wrong arguments in one line: %j', async (args) => {
    const { code, stderr } = await policies(...args);
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
  });

  test('users set-policy needs the name of a policy or --none', async () => {
    for (const args of [['user_42'], ['user_42', 'free', '--none']]) {
      expect((await runBuiltCommand('users', ['set-policy', ...args], env)).code).toBe(2);
    }
    const unknown = await runBuiltCommand('users', ['set-policy', 'user_42', 'unknown'], env);
    expect(unknown).toMatchObject({ code: 1, stderr: 'keyward: There is no policy with this name.\n' });
  });

  test('users list, show and export have the policy of the user', async () => {
    await runBuiltCommand('users', ['set-policy', 'user_42', 'free'], env);
    for (const command of [['list'], ['show', 'user_42']]) {
      expect(JSON.parse((await runBuiltCommand('users', [...command, '--json'], env)).stdout)).toMatchObject({ policy: 'free' });
    }
    expect(JSON.parse((await runBuiltCommand('users', ['export', 'user_42'], env)).stdout)).toMatchObject({ user: { policy: 'free' } });
  });
});
