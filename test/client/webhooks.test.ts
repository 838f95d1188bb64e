import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { WebhookRequest } from '../../client/src/index.js';
import { type ClientProject, installClient } from '../support/client-package.js';

let project: ClientProject;
let client: Awaited<ReturnType<ClientProject['load']>>;
beforeAll(async () => {
  project = installClient();
  client = await project.load();
});
afterAll(() => project.remove());

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const SECRET = newSecret();
const NOW = new Date('2026-12-01T10:00:00Z');
const BODY = JSON.stringify({ type: 'api_key.revoked', timestamp: '2026-12-01T09:59:59Z', data: { apiKeyId: 'key', name: 'Übersicht' } });

/** Returns a webhook that the reference implementation signed. */
function webhook({ secrets = [SECRET], body = BODY, at = NOW, id = 'evt_1' } = {}): Pick<WebhookRequest, 'headers' | 'body'> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body));
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signatures.join(' '),
  };
  return { headers, body };
}

const verify = (request: Pick<WebhookRequest, 'headers' | 'body'>, options: Partial<WebhookRequest> = {}) =>
  client.verifyWebhook({ ...request, secret: SECRET, now: NOW.getTime(), ...options });

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof client.WebhookRejectedError) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('verifyWebhook', () => {
  test('E2: returns the event of a webhook that the standardwebhooks package signed', () => {
    const event = { id: 'evt_1', type: 'api_key.revoked', timestamp: '2026-12-01T09:59:59Z', data: { apiKeyId: 'key', name: 'Übersicht' } };
    const { headers, body } = webhook();
    expect(verify({ headers, body })).toEqual(event);
    expect(verify({ headers: new Headers(headers as Record<string, string>), body: Buffer.from(body as string) })).toEqual(event);
  });

  test('E2: accepts the old and the new secret while one replaces the other, on both sides', () => {
    const next = newSecret();
    expect(reasonOf(() => verify(webhook({ secrets: [next, SECRET] })))).toBe('accepted');
    expect(reasonOf(() => verify(webhook({ secrets: [next] }), { secret: [SECRET, next] }))).toBe('accepted');
    expect(reasonOf(() => verify(webhook({ secrets: [next] })))).toBe('signature');
  });

  test('ignores signatures of other versions', () => {
    const { headers, body } = webhook();
    const signature = (headers as Record<string, string>)['webhook-signature'] ?? '';
    const withSignature = (text: string) => ({ headers: { ...headers, 'webhook-signature': text } as never, body });
    expect(reasonOf(() => verify(withSignature(`v1a,abc ${signature}`)))).toBe('accepted');
    for (const text of [
      `v2,${signature.slice(3)}`,
      signature.slice(3),
      `V1,${signature.slice(3)}`,
      'v1,',
      `${signature.slice(0, -2)}`,
      'v1',
    ]) {
      expect(reasonOf(() => verify(withSignature(text)))).toBe('signature');
    }
  });

  test.each([
    ['a changed body', { body: BODY.replace('revoked', 'created') }, {}, 'signature'],
    ['another ID', {}, { 'webhook-id': 'evt_2' }, 'signature'],
    ['a new timestamp', {}, { 'webhook-timestamp': String(NOW.getTime() / 1_000 + 1) }, 'signature'],
    ['no ID', {}, { 'webhook-id': undefined }, 'headers'],
    ['no timestamp', {}, { 'webhook-timestamp': undefined }, 'headers'],
    ['no signature', {}, { 'webhook-signature': '' }, 'headers'],
    ['a header that was sent twice', {}, { 'webhook-id': ['evt_1', 'evt_1'] }, 'headers'],
    ['a timestamp that is no number', {}, { 'webhook-timestamp': 'NaN' }, 'headers'],
  ])('rejects %s', (_case, request, headers, reason) => {
    const sent = webhook();
    expect(reasonOf(() => verify({ ...sent, ...request, headers: { ...sent.headers, ...headers } as never }))).toBe(reason);
  });

  test('rejects a webhook that is older or newer than the tolerance', () => {
    const at = (seconds: number) => webhook({ at: new Date(NOW.getTime() + seconds * 1_000) });
    const reasons = [-301, -300, 300, 301].map((seconds) => reasonOf(() => verify(at(seconds))));
    expect(reasons).toEqual(['timestamp', 'accepted', 'accepted', 'timestamp']);
    expect(reasonOf(() => verify(at(-20), { toleranceSeconds: 10 }))).toBe('timestamp');
    expect(reasonOf(() => verify(at(0), { toleranceSeconds: Number.NaN }))).toBe('timestamp');
  });

  test.each(['', 'no JSON', '[]', 'null', '{"type":1}', '{"type":"a","timestamp":"b","data":null}'])(
    'rejects the signed body %j',
    (body) => {
      expect(reasonOf(() => verify(webhook({ body })))).toBe('body');
    },
  );

  test('accepts no secret that is empty, too short or in another form, and does not repeat it', () => {
    const sent = webhook();
    for (const secret of ['', 'whsec_', 'whsec_c2hvcnQ=', SECRET.slice('whsec_'.length), []]) {
      expect(() => verify(sent, { secret })).toThrow(new TypeError('The `secret` must be a secret of a webhook endpoint (whsec_…).'));
    }
  });
});
