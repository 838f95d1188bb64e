import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TargetRules } from '../../src/webhooks/target-rules.js';
import { type Resolve, WebhookClient } from '../../src/webhooks/webhook-request.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await new WebhookReceiver().start();
});
afterAll(() => receiver.close());

const NOT_PUBLIC = [
  '127.0.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '198.18.0.1',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::127.0.0.1]',
  '[::ffff:0:7f00:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[fd00::1]',
  // Forms that the URL parser turns into 127.0.0.1.
  '2130706433',
  '0x7f.1',
  '017700000001',
];

const send = (client: WebhookClient, url: string) =>
  client.send({ url: new URL(url), headers: {}, body: '{}' }, new Date(), new AbortController().signal);

const resolvingTo =
  (...addresses: string[]): Resolve =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('targets of webhooks', () => {
  const rules = new TargetRules([]);

  test.each(NOT_PUBLIC)('E3: %s is rejected by the URL and at the connection', async (host) => {
    expect(rules.faultOf(`https://${host}/`)).toContain('not public');
    const outcome = await send(new WebhookClient(rules), `https://${host}:${receiver.port}/`);
    expect(outcome).toMatchObject({ delivered: false, statusCode: null, error: expect.stringContaining('not public') });
    expect(receiver.connections).toBe(0);
  });

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '64:ff9b::7f00:1'])(
    'E3: a name that resolves to %s after it was checked is not contacted',
    async (address) => {
      expect(rules.faultOf(`https://hooks.example.com:${receiver.port}/`)).toBeNull();
      const client = new WebhookClient(rules, { resolve: resolvingTo(address) });
      expect(await send(client, `https://hooks.example.com:${receiver.port}/`)).toMatchObject({ delivered: false, statusCode: null });
      expect(receiver.connections).toBe(0);
    },
  );

  test('E3: a redirect to another address is not followed, and a listed address is contacted by http', async () => {
    const listed = new WebhookClient(new TargetRules(['127.0.0.0/8']));
    receiver.answer = (response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect(await send(listed, receiver.url)).toMatchObject({ delivered: false, statusCode: 302 });
    receiver.answer = (response) => void response.writeHead(200).end();
    expect(await send(listed, receiver.url)).toMatchObject({ delivered: true });
    const named = new WebhookClient(new TargetRules(['hooks.internal']), { resolve: resolvingTo('127.0.0.1') });
    expect(await send(named, `http://hooks.internal:${receiver.port}/`)).toMatchObject({ delivered: true });
    expect(await send(named, `http://other.internal:${receiver.port}/`)).toMatchObject({ delivered: false });
    for (const client of [listed, named]) client.close();
  });

  test.each([
    ['http://app.example.com/', 'https://'],
    ['https://app.example.com:22/', 'port'],
    ['https://user:secret@app.example.com/', 'user name'],
    ['ftp://app.example.com/', 'https://'],
    ['app.example.com', 'absolute URL'],
  ])('%s is rejected, and the message does not repeat it', (url, message) => {
    expect(rules.faultOf(url)).toContain(message);
    expect(rules.faultOf(url)).not.toContain('secret');
  });

  test.each(['https://app.example.com/', 'https://app.example.com:8443/hooks?tenant=1', 'https://8.8.8.8/', 'https://[2606:4700::1]/'])(
    '%s is accepted',
    (url) => expect(rules.faultOf(url)).toBeNull(),
  );
});
