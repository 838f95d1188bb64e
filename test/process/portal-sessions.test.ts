import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase } from '../support/database.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';

/** Sessions that each kind of change ends, one after another. A change by the command line takes about a second. */
const ENDED = 30;
const REVOKED = 2;
const DISABLED = 2;
const CONNECTIONS = 10;

const CREATE = `mutation ($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) { accessToken portalSessionId user { id } }
}`;
interface Created {
  createPortalSession: { accessToken: string; portalSessionId: string; user: { id: string } };
}

const ME = JSON.stringify({ query: '{ me { id } }' });

const statusOf = (server: ServerProcess, agent: Agent, token: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    request(`${server.url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end(ME);
  });

test('S4, A7: two processes under load accept no portal session after the acknowledgement that it was ended, its service token revoked or its user disabled', async () => {
  const DATABASE_URL = await newDatabase();
  const env = { DATABASE_URL, APP_SECRETS: randomBytes(32).toString('base64'), AUTH_MODE: 'product' };
  const servers = (await Promise.all([startServer(env), startServer(env)])) as [ServerProcess, ServerProcess];
  const command = async (name: string, args: string[]) => {
    const { code, stdout, stderr } = await runBuiltCommand(name, [...args, '--json'], env);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };
  const newToken = async (name: string): Promise<string> =>
    (await command('service-tokens', ['create', name, '--permissions', 'users:act'])).token;
  const backend = await newToken('backend');
  const open = async (externalId: string, service = backend) => {
    const input = { externalId, permissions: ['KEYS_READ'], expiresInSeconds: 3_600 };
    return (await ask<Created>(servers[0], CREATE, { input }, service)).createPortalSession;
  };

  /** What ends a session, and resolves when that is acknowledged. */
  const changes: { token: string; run: (server: ServerProcess) => Promise<unknown> }[] = [];
  for (let index = 0; index < ENDED; index += 1) {
    const { accessToken, portalSessionId } = await open(`ended-${index}`);
    const query = `mutation { endPortalSession(id: "${portalSessionId}") { ended } }`;
    changes.push({ token: accessToken, run: (server) => ask(server, query, {}, backend) });
  }
  for (let index = 0; index < REVOKED; index += 1) {
    const name = `revoked-${index}`;
    const { accessToken } = await open(name, await newToken(name));
    changes.push({ token: accessToken, run: () => command('service-tokens', ['revoke', name]) });
  }
  for (let index = 0; index < DISABLED; index += 1) {
    const { accessToken, user } = await open(`disabled-${index}`);
    changes.push({ token: accessToken, run: () => command('users', ['disable', user.id]) });
  }

  const acknowledged = new Set<string>();
  const counts = { accepted: 0, rejected: 0, late: 0, other: 0 };
  let isOver = false;
  const load = servers.flatMap((server) => {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    return Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = connection; !isOver; turn += 1) {
        const { token } = changes[turn % changes.length] as (typeof changes)[number];
        const wasAcknowledged = acknowledged.has(token);
        const status = await statusOf(server, agent, token);
        if (status === 200 && wasAcknowledged) counts.late += 1;
        else if (status === 200) counts.accepted += 1;
        else if (status === 401) counts.rejected += 1;
        else counts.other += 1;
      }
    });
  });
  for (const [index, { token, run }] of changes.entries()) {
    await run(servers[index % 2] as ServerProcess);
    acknowledged.add(token);
    const agent = new Agent();
    expect(await Promise.all(servers.map((one) => statusOf(one, agent, token)))).toEqual([401, 401]);
  }
  isOver = true;
  await Promise.all(load);

  // A user who is enabled again must open another session.
  const last = changes.at(-1)?.token ?? '';
  await command('users', ['enable', `disabled-${DISABLED - 1}`]);
  expect(await statusOf(servers[0], new Agent(), last)).toBe(401);

  expect(counts).toMatchObject({ late: 0, other: 0 });
  expect(counts.accepted).toBeGreaterThan(changes.length);
  expect(counts.rejected).toBeGreaterThan(changes.length);
  await Promise.all(servers.map((server) => server.stop()));
  await dropDatabase(DATABASE_URL);
});
