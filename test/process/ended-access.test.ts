import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { newDatabase } from '../support/database.js';
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

/** A caller, by the headers of its requests. */
type Caller = Record<string, string>;

const bearer = (token: string): Caller => ({ authorization: `Bearer ${token}` });
const actingFor = (token: string, externalId: string): Caller => ({ ...bearer(token), 'x-keyward-on-behalf-of': externalId });

type Outcome = 'accepted' | 'rejected' | 'other';

function outcomeOf(body: string): Outcome {
  const { data, errors } = JSON.parse(body);
  if (data?.me?.id) return 'accepted';
  return ['UNAUTHENTICATED', 'FORBIDDEN'].includes(errors?.[0]?.extensions?.code) ? 'rejected' : 'other';
}

const outcomeFor = (server: ServerProcess, agent: Agent, caller: Caller): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...caller };
    request(`${server.url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve(outcomeOf(body)));
    })
      .on('error', reject)
      .end(ME);
  });

const started: ServerProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

test('S2, S4, A7: two processes under load accept no portal session and no acting service after the acknowledgement that the session was ended, the token revoked or the user disabled', async () => {
  const DATABASE_URL = await newDatabase();
  const env = { DATABASE_URL, APP_SECRETS: randomBytes(32).toString('base64'), AUTH_MODE: 'product' };
  const servers = (await Promise.all([startServer(env), startServer(env)])) as [ServerProcess, ServerProcess];
  started.push(...servers);
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
  const changes: { caller: Caller; run: (server: ServerProcess) => Promise<unknown> }[] = [];
  for (let index = 0; index < ENDED; index += 1) {
    const { accessToken, portalSessionId } = await open(`ended-${index}`);
    const query = `mutation { endPortalSession(id: "${portalSessionId}") { ended } }`;
    changes.push({ caller: bearer(accessToken), run: (server) => ask(server, query, {}, backend) });
  }
  for (let index = 0; index < REVOKED; index += 1) {
    const name = `revoked-${index}`;
    const { accessToken } = await open(name, await newToken(name));
    changes.push({ caller: bearer(accessToken), run: () => command('service-tokens', ['revoke', name]) });
  }
  for (let index = 0; index < REVOKED; index += 1) {
    const name = `acting-${index}`;
    await open(name);
    changes.push({ caller: actingFor(await newToken(name), name), run: () => command('service-tokens', ['revoke', name]) });
  }
  for (let index = 0; index < DISABLED; index += 1) {
    const { user } = await open(`acted-for-${index}`);
    changes.push({ caller: actingFor(backend, `acted-for-${index}`), run: () => command('users', ['disable', user.id]) });
  }
  for (let index = 0; index < DISABLED; index += 1) {
    const { accessToken, user } = await open(`disabled-${index}`);
    changes.push({ caller: bearer(accessToken), run: () => command('users', ['disable', user.id]) });
  }

  const acknowledged = new Set<Caller>();
  const counts = { accepted: 0, rejected: 0, late: 0, other: 0 };
  let isOver = false;
  const load = servers.flatMap((server) => {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    return Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = connection; !isOver; turn += 1) {
        const { caller } = changes[turn % changes.length] as (typeof changes)[number];
        const wasAcknowledged = acknowledged.has(caller);
        const outcome = await outcomeFor(server, agent, caller);
        counts[outcome === 'accepted' && wasAcknowledged ? 'late' : outcome] += 1;
      }
    });
  });
  try {
    for (const [index, { caller, run }] of changes.entries()) {
      await run(servers[index % 2] as ServerProcess);
      acknowledged.add(caller);
      const agent = new Agent();
      expect(await Promise.all(servers.map((one) => outcomeFor(one, agent, caller)))).toEqual(['rejected', 'rejected']);
    }
  } finally {
    isOver = true;
    await Promise.all(load);
  }

  // A user who is enabled again must open another session.
  const last = changes.at(-1)?.caller ?? {};
  await command('users', ['enable', `disabled-${DISABLED - 1}`]);
  expect(await outcomeFor(servers[0], new Agent(), last)).toBe('rejected');

  expect(counts).toMatchObject({ late: 0, other: 0 });
  expect(counts.accepted).toBeGreaterThan(changes.length);
  expect(counts.rejected).toBeGreaterThan(changes.length);
});
