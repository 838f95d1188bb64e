// Gives users of the product the policy of their plan, when the payment provider reports that a subscription has changed. The events
// have the form of Stripe's. Start it with KEYWARD_TOKEN, a service token with the permission users:write, and with WEBHOOK_SECRET.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { KEYWARD_URL = 'http://127.0.0.1:4000', KEYWARD_TOKEN, WEBHOOK_SECRET, PORT = '3001' } = process.env;
// Anyone could sign an event with an empty secret.
if (!KEYWARD_TOKEN || !WEBHOOK_SECRET) throw new Error('Set KEYWARD_TOKEN and WEBHOOK_SECRET.');

/** The policy of each price. A subscription that ended, and an unknown price, have the policy of the free plan. */
const POLICIES = { price_pro: 'pro' };
const FREE = 'free';

const TOLERANCE_SECONDS = 300;
const BYTES_MAX = 256 * 1_024;

/** Time of the newest event of each customer. Keep it in your database: events can arrive late, and in another order. */
const newest = new Map();

/** Returns whether the provider signed the body: `t=TIME,v1=HMAC of TIME.BODY`, as Stripe does. */
function isSigned(header, body) {
  const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (time === undefined || Math.abs(Date.now() / 1_000 - Number(time)) > TOLERANCE_SECONDS) return false;
  const expected = createHmac('sha256', WEBHOOK_SECRET).update(`${time}.${body}`).digest();
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

function policyOf({ status, items }) {
  const isPaid = status === 'active' || status === 'trialing';
  return (isPaid && POLICIES[items.data[0]?.price.id]) || FREE;
}

/** Sets the policy of a user. The next verification of each key of the user goes by it. */
async function setPolicy(externalId, policy) {
  const query = 'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { user { id } } }';
  const response = await fetch(`${KEYWARD_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEYWARD_TOKEN}`, 'x-keyward-actor': 'billing' },
    body: JSON.stringify({ query, variables: { input: { externalId, policy } } }),
    signal: AbortSignal.timeout(10_000),
  });
  const { errors } = await response.json();
  if (errors) throw new Error(errors[0].extensions.code);
}

async function handle({ type, created, data: { object: subscription } }) {
  if (!type.startsWith('customer.subscription.')) return;
  const { userId } = subscription.metadata;
  if (created < (newest.get(userId) ?? 0)) return;
  await setPolicy(userId, policyOf(subscription));
  newest.set(userId, created);
}

async function read(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function answer(request) {
  if (request.method !== 'POST' || request.url !== '/webhooks/billing') return 404;
  const body = await read(request);
  if (!isSigned(request.headers['stripe-signature'], body)) return 400;
  await handle(JSON.parse(body));
  return 204;
}

const server = createServer(async (request, response) => {
  // The provider repeats an event that is not answered with 2xx.
  const status = await answer(request).catch((error) => {
    console.error(`event not handled: ${error.message}`);
    return 500;
  });
  response.writeHead(status).end();
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`listens at http://127.0.0.1:${server.address().port}`));
