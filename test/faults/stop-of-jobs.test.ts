import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { TestWebhookEndpointDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf, newKey } from '../support/doors.js';
import { noticesOf } from '../support/notices.js';
import { newService } from '../support/services.js';
import { startTestApp } from '../support/test-app.js';
import { LOCAL_TARGETS, newEndpoint } from '../support/webhook-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const DAY_SECONDS = 86_400;

test('F5: a server that finishes its last requests begins no search for notices and sends no further event', async () => {
  const app = await startTestApp(LOCAL_TARGETS);
  const receiver = await new WebhookReceiver().start();
  const service = await newService(app, ['webhooks:manage']);
  const { id } = await newEndpoint(app, service, { url: receiver.url });
  const expiresAt = new Date(app.clock.now().getTime() + DAY_SECONDS * 1_000);
  await newKey(app, { expiresAt: expiresAt.toISOString() });
  app.clock.advanceSeconds(DAY_SECONDS);
  dataOf(await app.send(TestWebhookEndpointDocument, { id }, { token: service.token }));

  await app.http.listen({ port: 0, host: '127.0.0.1' });
  // A request with an incomplete body keeps the server from its end.
  const socket = connect((app.http.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  const arrived = once(app.http.server, 'request');
  socket.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
  await arrived;
  let isClosed = false;
  const closed = app.close().then(() => {
    isClosed = true;
  });
  // What the timers of the server do.
  await Promise.all([app.noticeJob.run(), app.webhookSender.poll(), app.webhookJobs.prune(), app.portalSessionPruning.prune()]);
  expect(isClosed).toBe(false);
  expect(await noticesOf(app)).toEqual([]);
  expect(await runSql(app.databaseUrl, 'SELECT attempts FROM webhook_deliveries WHERE attempts > 0')).toEqual([]);
  socket.destroy();
  await closed;
  expect(receiver.events).toEqual([]);
  receiver.close();
});
