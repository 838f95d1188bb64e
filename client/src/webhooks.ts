import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Seconds that the clocks of Keyward and of this service may differ, retries of a proxy included. */
const TOLERANCE_SECONDS = 300;
/** More secrets and signatures than a rotation has, so that a hostile request costs little. */
const SIGNATURES_MAX = 10;
/** Secrets of Standard Webhooks 1.0: base64 of 24 to 64 bytes. */
const SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/;
const SECRET_BYTES = { min: 24, max: 64 };

/** An event of Keyward. Process each `id` once: a webhook can arrive more than once. */
export interface WebhookEvent {
  /** Stable ID of the event, from the header `webhook-id`. */
  id: string;
  /** Such as `api_key.revoked`. Ignore types that you do not know. */
  type: string;
  /** Time of the event, as an RFC 3339 timestamp. */
  timestamp: string;
  data: Readonly<Record<string, unknown>>;
}

/** Why a webhook is rejected. */
export type WebhookRejection = 'headers' | 'timestamp' | 'signature' | 'body';

const MESSAGES: Readonly<Record<WebhookRejection, string>> = {
  headers: 'The request lacks a valid webhook-id, webhook-timestamp or webhook-signature.',
  timestamp: 'The webhook-timestamp differs too much from the time of this service.',
  signature: 'No signature of the webhook matches.',
  body: 'The body of the webhook is not an event.',
};

/** The request is not a webhook of Keyward. Answer it with 400. */
export class WebhookRejectedError extends Error {
  override readonly name = 'WebhookRejectedError';
  readonly reason: WebhookRejection;

  constructor(reason: WebhookRejection) {
    super(MESSAGES[reason]);
    this.reason = reason;
  }
}

export interface WebhookRequest {
  headers: IncomingHttpHeaders | Headers;
  /** The body as it was received. A body that was parsed and written again has another signature. */
  body: string | Uint8Array;
  /** The secret of the endpoint (`whsec_…`), or several while you replace it. */
  secret: string | readonly string[];
  /** The default is 300. */
  toleranceSeconds?: number;
  /** Time in milliseconds, for tests. */
  now?: number;
}

/** @throws {TypeError} without the secret in its message */
function keyOf(secret: string): Buffer {
  const key = Buffer.from(SECRET.test(secret) ? secret.slice('whsec_'.length) : '', 'base64');
  if (key.length < SECRET_BYTES.min || key.length > SECRET_BYTES.max)
    throw new TypeError('The `secret` must be a secret of a webhook endpoint (whsec_…).');
  return key;
}

function headerOf(headers: WebhookRequest['headers'], name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value !== 'string' || value === '') throw new WebhookRejectedError('headers');
  return value;
}

/** Returns the signatures of version 1. The others belong to other versions of the standard. */
const signaturesOf = (header: string): Buffer[] =>
  header
    .split(' ')
    .filter((each) => each.startsWith('v1,'))
    .slice(0, SIGNATURES_MAX)
    .map((each) => Buffer.from(each.slice('v1,'.length), 'base64'));

/** Compares every pair, so that the time does not show which secret or signature matches. */
function anyMatches(expected: readonly Buffer[], signatures: readonly Buffer[]): boolean {
  let matches = 0;
  for (const one of expected) {
    for (const other of signatures) matches += one.length === other.length && timingSafeEqual(one, other) ? 1 : 0;
  }
  return matches > 0;
}

function eventOf(id: string, body: string): WebhookEvent {
  try {
    const { type, timestamp, data } = JSON.parse(body) as Record<string, unknown>;
    if (typeof type === 'string' && typeof timestamp === 'string' && typeof data === 'object' && data !== null) {
      return { id, type, timestamp, data: data as WebhookEvent['data'] };
    }
  } catch {
    // Reported below, without the text of the parser, which repeats the body.
  }
  throw new WebhookRejectedError('body');
}

/**
 * Returns the event of a webhook, after its signature was checked by Standard Webhooks 1.0.
 *
 * @throws {WebhookRejectedError} if the request does not come from Keyward, or is too old
 */
export function verifyWebhook({
  headers,
  body,
  secret,
  toleranceSeconds = TOLERANCE_SECONDS,
  now = Date.now(),
}: WebhookRequest): WebhookEvent {
  const keys = [secret].flat().slice(0, SIGNATURES_MAX).map(keyOf);
  if (keys.length === 0) throw new TypeError('The `secret` must be a secret of a webhook endpoint (whsec_…).');
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = signaturesOf(headerOf(headers, 'webhook-signature'));
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookRejectedError('headers');
  const payload = Buffer.from(body);
  const expected = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(payload).digest());
  if (!anyMatches(expected, signatures)) throw new WebhookRejectedError('signature');
  // The signature covers the timestamp, so an old webhook cannot get a new one. (Written so that NaN is rejected.)
  const isRecent = Math.abs(now / 1_000 - Number(timestamp)) <= toleranceSeconds;
  if (!isRecent) throw new WebhookRejectedError('timestamp');
  return eventOf(id, payload.toString('utf8'));
}
