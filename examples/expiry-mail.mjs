// Receives webhooks of Keyward and mails users before a key expires. See docs/guides/expiry-mail.md.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? '');
/** Replace the set by a table of your database with a unique key, so that a restart repeats no mail. */
const handled = new Set();

/** Replace the function by your own: look up the address of the user, and send a mail. */
const mail = (userId, subject) => console.log(`mail to ${userId}: ${subject}`);

const SUBJECTS = {
  'api_key.expiring': ({ apiKey, daysBefore }) => `Your key ${apiKey.keyPrefix} expires in ${daysBefore} days or less`,
  'api_key.expired': ({ apiKey }) => `Your key ${apiKey.keyPrefix} has expired`,
};

const server = createServer(async (request, response) => {
  let event;
  try {
    event = webhook.verify(await text(request), request.headers);
  } catch {
    // Not signed by Keyward, or the sender closed the connection.
    return response.writeHead(401).end();
  }
  const subject = SUBJECTS[event.type]?.(event.data);
  const id = request.headers['webhook-id'];
  if (subject && !handled.has(id)) mail(event.data.owner.externalId ?? event.data.owner.id, subject);
  handled.add(id);
  return response.writeHead(204).end();
});
server.listen(Number(process.env.PORT ?? 5000), '127.0.0.1', () => console.log(`listens at http://127.0.0.1:${server.address().port}`));
