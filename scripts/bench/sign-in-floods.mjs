// npm run bench:sign-in-floods: measures whether other users can sign in, sign up and create keys while some networks flood the
// server with work for bcrypt, and how fast one address can test which addresses have accounts. Rows A11 and A12 of
// docs/security.md.
//   npm run bench:sign-in-floods -- --rounds 12 --cost 12 --only /48
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median, startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '12' }, cost: { type: 'string', default: '12' }, only: { type: 'string', default: '' } },
});
const ROUNDS = Number(values.rounds);
const SETTINGS = { TRUSTED_PROXIES: '127.0.0.1', BCRYPT_COST: values.cost };
const PASSWORD = 'correct horse battery staple rivers';
const HOME = '203.0.113.7';
const AUTH = '{ accessToken user { id } }';
const SIGN_UP = `mutation ($input: SignUpInput!) { signUp(input: $input) ${AUTH} }`;
const SIGN_IN = `mutation ($input: SignInInput!) { signIn(input: $input) ${AUTH} }`;
const CREATE = 'mutation { createApiKey(input: {}) { plaintextKey apiKey { id } } }';
const REVOKE = 'mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }';

/** Pause of a rejected client. Without a pause the benchmark would measure the client. */
const PAUSE_MS = 200;

/** Time after which a client stops waiting for a response. */
const PATIENCE_MS = 10_000;

const newEmail = () => `${randomUUID()}@example.com`;
let networks = 0;
/** Returns an address of a network that the server has not seen before. */
function newAddress() {
  networks += 1;
  return `100.${64 + (networks >> 8)}.${networks % 256}.1`;
}

/**
 * @typedef {{ data?: any, code?: string | undefined }} Answer data is of the operation that was sent; code is that of the first error
 * @typedef {{ email: string, token: string }} Person
 *
 * @param {number} port
 * @param {string} address
 * @param {string} query
 * @param {object} variables
 * @param {string} [token]
 * @returns {Promise<Answer>}
 */
async function ask(port, address, query, variables, token) {
  try {
    return await send(port, address, query, variables, token);
  } catch {
    return { code: 'no response' };
  }
}

/**
 * @param {number} port
 * @param {string} address
 * @param {string} query
 * @param {object} variables
 * @param {string} [token]
 * @returns {Promise<Answer>}
 */
async function send(port, address, query, variables, token) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address, ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const body = await response.json();
  return { data: body.data, code: body.errors?.[0]?.extensions.code };
}

/** @param {number} port @param {string} address */
const signUp = (port, address, email = newEmail()) => ask(port, address, SIGN_UP, { input: { email, password: PASSWORD } });
/** @param {number} port @param {string} address @param {string} email */
const signIn = (port, address, email, password = PASSWORD) => ask(port, address, SIGN_IN, { input: { email, password } });

/**
 * Repeats `step` in `loops` concurrent loops until the returned function is called.
 *
 * @param {number} loops
 * @param {(index: number) => Promise<Answer>} step
 */
function flood(loops, step) {
  let isOver = false;
  /** @type {Record<string, number>} */
  const codes = {};
  const running = Array.from({ length: loops }, async (_, index) => {
    while (!isOver) {
      const { code = 'ok' } = await step(index);
      codes[code] = (codes[code] ?? 0) + 1;
      if (code === 'SERVICE_UNAVAILABLE' || code === 'RATE_LIMITED') await sleep(PAUSE_MS);
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(running);
    return codes;
  };
}

/**
 * Measures the actions of other users during a flood: each action once per round, one after another.
 *
 * @param {number} port
 * @param {Person} person
 */
async function measureOthers(port, person) {
  const actions = {
    'sign-in, known network': () => signIn(port, HOME, person.email),
    'sign-in, new network': () => signIn(port, newAddress(), person.email),
    'sign-up': () => signUp(port, newAddress()),
    'create and revoke a key': async () => {
      const { data, code } = await ask(port, HOME, CREATE, {}, person.token);
      return data ? ask(port, HOME, REVOKE, { id: data.createApiKey.apiKey.id }, person.token) : { code };
    },
  };
  for (const [name, action] of Object.entries(actions)) {
    const times = [];
    /** @type {Record<string, number>} */
    const failures = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now();
      const { code } = await action();
      if (code !== undefined) failures[code] = (failures[code] ?? 0) + 1;
      times.push(performance.now() - startedAt);
    }
    const [middle, longest] = [median(times), Math.max(...times)].map((ms) => `${(ms / 1_000).toFixed(2)} s`);
    const failed = Object.values(failures).reduce((sum, number) => sum + number, 0);
    const reasons = failed > 0 ? ` ${JSON.stringify(failures)}` : '';
    console.log(`  ${name.padEnd(26)} ${ROUNDS - failed} of ${ROUNDS} succeeded; median ${middle}, longest ${longest}${reasons}`);
  }
}

/**
 * Each scenario has its own user, because after 100 more sign-ins the session that creates keys would end.
 *
 * @param {number} port
 * @returns {Promise<Person>}
 */
async function newPerson(port) {
  const email = newEmail();
  const { data } = await signUp(port, HOME, email);
  return { email, token: data.signUp.accessToken };
}

/**
 * @param {number} port
 * @param {string} title
 * @param {() => ReturnType<typeof flood> | Promise<ReturnType<typeof flood>>} [startFlood]
 */
async function scenario(port, title, startFlood) {
  if (!title.includes(values.only)) return;
  console.log(title);
  const person = await newPerson(port);
  const end = startFlood && (await startFlood());
  await sleep(2_000);
  await measureOthers(port, person);
  if (end) console.log('  responses to the flood:', JSON.stringify(await end()));
}

/** @param {number} port */
async function ninetyAccounts(port) {
  /** @type {string[]} */
  const tokens = [];
  while (tokens.length < 90) {
    const { data } = await signUp(port, '198.51.100.9');
    if (data) tokens.push(data.signUp.accessToken);
  }
  return flood(90, async (index) => {
    const { data, code } = await ask(port, '198.51.100.9', CREATE, {}, tokens[index]);
    return data ? ask(port, '198.51.100.9', REVOKE, { id: data.createApiKey.apiKey.id }, tokens[index]) : { code };
  });
}

/** @param {number} port @param {number} networks @param {(index: number) => string} addressOf */
const wrongSignIns = (port, networks, addressOf) => flood(networks, (index) => signIn(port, addressOf(index), newEmail(), 'wrong'));

/** @param {number} port */
async function measureProbes(port) {
  const person = await newPerson(port);
  const startedAt = performance.now();
  const end = flood(20, () => signUp(port, '198.51.100.10', person.email));
  await sleep(5_000);
  const codes = await end();
  const perSecond = (codes.EMAIL_TAKEN ?? 0) / ((performance.now() - startedAt) / 1_000);
  console.log(`addresses tested by signUp from one address: ${perSecond.toFixed(0)}/s, responses ${JSON.stringify(codes)}`);
  const endSignUps = flood(10, () => signUp(port, '198.51.100.11'));
  await sleep(20_000);
  console.log(`accounts created from one address in 20 s: ${JSON.stringify(await endSignUps())}`);
}

await withPostgres(async ({ newDatabase }) => {
  // The floods are measured without the limit on sign-ups, because the first flood needs 90 accounts.
  const { port } = await startKeyward(await newDatabase('floods', 1), { ...SETTINGS, SIGN_UPS_PER_HOUR: '0' });
  await scenario(port, 'no flood');
  await scenario(port, '90 accounts of one IPv4 address create and revoke keys', () => ninetyAccounts(port));
  await scenario(port, 'wrong sign-ins from 72 /64s of one /48', () =>
    wrongSignIns(port, 72, (index) => `2001:db8:7:${(index + 1).toString(16)}::1`),
  );
  await scenario(port, 'wrong sign-ins from 100 addresses of 50 /24s', () =>
    wrongSignIns(port, 100, (index) => `198.18.${index % 50}.${1 + Math.floor(index / 50)}`),
  );
  await scenario(port, 'wrong sign-ins from 100 /48s', () =>
    wrongSignIns(port, 100, (index) => `2001:db8:${(index + 256).toString(16)}::1`),
  );
  if (!'probes'.includes(values.only)) return;
  await measureProbes(port);
  const limited = await startKeyward(await newDatabase('limited', 1), SETTINGS);
  console.log('with the default of SIGN_UPS_PER_HOUR');
  await measureProbes(limited.port);
});
