import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** Within 24 to 64 bytes, as Standard Webhooks 1.0 requires. */
const SECRET_BYTES = 32;

/** Creates the bytes of a signing secret. */
export const newSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** Returns a signing secret in the form of Standard Webhooks. */
export const secretText = (secret: Buffer): string => `${PREFIX}${secret.toString('base64')}`;

/**
 * Returns the headers of a request by Standard Webhooks 1.0.
 *
 * @param secrets each adds a signature
 */
export function signedHeaders(
  message: { id: string; body: string; at: Date },
  secrets: readonly Buffer[],
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1_000));
  const signed = `${message.id}.${timestamp}.${message.body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  return { 'webhook-id': message.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
