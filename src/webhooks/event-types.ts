import { z } from 'zod';

const time = z.iso.datetime({ precision: 3 });
const id = z.uuid();
const json = z.record(z.string(), z.json());

const owner = z
  .strictObject({
    id: id.describe('ID of the user in Keyward.'),
    externalId: z.string().nullable().describe('ID of the user in the product. Null for accounts with a password.'),
  })
  .describe('The owner of the key.');

const user = z
  .strictObject({
    ...owner.shape,
    trustedMetadata: json.describe('JSON that the product attached to the user.'),
    createdAt: time.describe('Time at which the user was created.'),
    disabledAt: time.nullable().describe('Time at which the user was disabled. Null if the user is enabled.'),
  })
  .describe('The user after the change.');

const apiKey = z
  .strictObject({
    id: id.describe('ID of the key.'),
    keyPrefix: z.string().describe('Key prefix: safe to show and to log.'),
    name: z.string().nullable().describe('Name of the key. Null if it has no name.'),
    scopes: z.array(z.string()).describe('Granted scopes.'),
    allowedCidrs: z.array(z.string()).describe('Addresses from which the key may be used. If the list is empty, from every address.'),
    rateLimit: z
      .strictObject({ limit: z.int(), windowSeconds: z.int() })
      .nullable()
      .describe('Rate limit of the key. Null if it has no limit of its own.'),
    metadata: json.describe('JSON that the owner attached to the key.'),
    trustedMetadata: json.describe('JSON that the product attached to the key.'),
    enabled: z.boolean().describe('Whether the key is enabled.'),
    createdBy: z.string().nullable().describe('Who at the product created the key. Null if the owner did.'),
    createdAt: time.describe('Time at which the key was created.'),
    expiresAt: time.nullable().describe('Time of the expiry of the key itself. Null if it does not expire by itself.'),
    revokedAt: time.nullable().describe('Time of the revocation. Null if the key is not revoked.'),
    revokedReason: z.string().nullable().describe('Reason for the revocation. Null if no reason was given.'),
    rotatedFromId: id.nullable().describe('ID of the key that this key was rotated from. Null if no rotation created the key.'),
    replacedById: id.nullable().describe('ID of the key that replaced this key in a rotation. Null if there is no such key.'),
  })
  .describe('The key after the change. It contains neither the plaintext key nor a hash.');

const actor = z
  .string()
  .describe('Who caused the event: `user`, `operator`, `server` for Keyward itself, `service:NAME` or `service:NAME/ACTOR`.');

const aboutKey = { actor, owner, apiKey };
const aboutUser = { actor, user };

const effectiveExpiresAt = time.describe('Time from which the key is rejected, by its own expiry or by the policy of its owner.');

/** The `data` of each type of event. The reference in docs/webhooks.md and the JSON Schemas are generated from it. */
const EVENT_DATA = {
  'api_key.created': z
    .strictObject({ ...aboutKey, imported: z.boolean().describe('Whether the operator imported the key from another system.') })
    .describe('An API key was created or imported.'),
  'api_key.updated': z
    .strictObject({ ...aboutKey, changed: z.array(z.string()).describe('Names of the changed settings.') })
    .describe('The settings of an API key were changed.'),
  'api_key.rotated': z
    .strictObject({
      ...aboutKey,
      replacedBy: z
        .strictObject({ id: id.describe('ID of the new key.'), keyPrefix: z.string().describe('Key prefix of the new key.') })
        .describe('The new key, which has the same settings.'),
    })
    .describe('An API key was replaced by a new key. `apiKey` is the old key, which stays valid until its `expiresAt`.'),
  'api_key.revoked': z.strictObject(aboutKey).describe('An API key was revoked.'),
  'api_key.expiring': z
    .strictObject({
      ...aboutKey,
      effectiveExpiresAt,
      daysBefore: z.int().describe('The number of `EXPIRY_NOTICE_DAYS` for which the event is sent.'),
    })
    .describe('An API key expires soon.'),
  'api_key.expired': z.strictObject({ ...aboutKey, effectiveExpiresAt }).describe('An API key has expired.'),
  'api_key.first_used': z
    .strictObject({ ...aboutKey, usedAt: time.describe('Time of a recent successful verification.') })
    .describe('An API key was verified successfully for the first time.'),
  'user.created': z.strictObject(aboutUser).describe('A user was created.'),
  'user.updated': z
    .strictObject({ ...aboutUser, changed: z.array(z.string()).describe('Names of the changed fields.') })
    .describe('The product changed what it stores about a user.'),
  'user.disabled': z.strictObject(aboutUser).describe('A user was disabled, so the keys of the user are rejected.'),
  'user.enabled': z.strictObject(aboutUser).describe('A disabled user was enabled again.'),
  'user.deleted': z
    .strictObject(aboutUser)
    .describe('A user was deleted with all keys. There are no separate events about the keys. `user` is the user before the deletion.'),
  'webhook.test': z
    .strictObject({ actor, webhookEndpointId: id.describe('ID of the endpoint.') })
    .describe('An event without consequence, which `testWebhookEndpoint` sends to one endpoint whatever its `eventTypes`.'),
} as const;

export type EventType = keyof typeof EVENT_DATA;

export const EVENT_TYPES = Object.keys(EVENT_DATA) as readonly EventType[];

/** Types that an endpoint can select. */
export const SELECTABLE_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => type !== 'webhook.test');

/** Returns the schema of the whole body of a type. */
export const bodySchemaOf = (type: EventType) =>
  z.strictObject({
    type: z.literal(type).describe('Type of the event.'),
    timestamp: time.describe('Time at which the event happened. It is the same for every attempt.'),
    data: EVENT_DATA[type],
  });
