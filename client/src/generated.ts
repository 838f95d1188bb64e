/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { TypedDocument } from './typed-document.js';
/** Which API keys to select: those that match every field. A field that is absent or null does not restrict the keys. If a list is empty, no key matches. */
export type ApiKeyFilter = {
  /** Time after which the keys were created. */
  createdAfter?: string | null | undefined;
  /** Time before which the keys were created. */
  createdBefore?: string | null | undefined;
  /** Time before which the keys expire. Keys that do not expire are not selected. */
  expiresBefore?: string | null | undefined;
  /** External IDs of the owners of the keys, at most 100. */
  externalIds?: Array<string> | null | undefined;
  /** IDs of the keys, at most 100. */
  ids?: Array<string | number> | null | undefined;
  /** Key prefixes of the keys, at most 100. */
  keyPrefixes?: Array<string> | null | undefined;
  /** IDs of the owners of the keys, at most 100. */
  ownerIds?: Array<string | number> | null | undefined;
  /** Name of the policy that the owners of the keys have of their own. If there is no policy with this name, no key matches. */
  policy?: string | null | undefined;
  /** Scope that the keys grant, by themselves or by a pattern: `orders:read` also selects keys with `orders:*`. */
  scope?: string | null | undefined;
  /** Current statuses of the keys, at most 100. */
  statuses?: Array<ApiKeyStatus> | null | undefined;
  /** Time before which the keys were created, and since which they were not presented. */
  unusedSince?: string | null | undefined;
};

/** Status of an API key. Computed from its fields when it is read. */
export type ApiKeyStatus =
  /** The key is valid. */
  | 'ACTIVE'
  /** The owner disabled the key and can enable it again. */
  | 'DISABLED'
  /** The key has expired. It becomes valid again only if the policy of its owner ended it before its own expiry, and later permits it. */
  | 'EXPIRED'
  /** The key was revoked and cannot become valid again. */
  | 'REVOKED'
  /** A rotation has replaced the key. It stays valid until `expiresAt`. */
  | 'ROTATING';

/** Kind of an event in the audit log. */
export type AuditAction =
  /** A request of the user for an object of another user was rejected. */
  | 'ACCESS_REFUSED'
  /** An API key was created. */
  | 'API_KEY_CREATED'
  /** The operator or a service imported an API key from another system. */
  | 'API_KEY_IMPORTED'
  /** An API key was revoked. */
  | 'API_KEY_REVOKED'
  /** An API key was replaced by a new one. `details` names the new key and the time at which the old key expires. */
  | 'API_KEY_ROTATED'
  /** An API key was updated. `details` names the changed settings and holds their values before and after the update, except for name, metadata and trustedMetadata. */
  | 'API_KEY_UPDATED'
  /** The operator exported events of the audit log. `details` holds their number. */
  | 'AUDIT_LOG_EXPORTED'
  /** The operator deleted old events of the audit log. `details` holds their number and the time before which they were recorded. */
  | 'AUDIT_LOG_PRUNED'
  /** The operator listed or looked up users or API keys by a command. `details` holds the `command`. */
  | 'OPERATOR_READ'
  /** The user changed the password, which ended every earlier session. */
  | 'PASSWORD_CHANGED'
  /** A new password was set with a password reset token, which ended every earlier session. */
  | 'PASSWORD_RESET'
  /** The operator created a password reset token. */
  | 'PASSWORD_RESET_ISSUED'
  /** A policy was created. */
  | 'POLICY_CREATED'
  /** A policy was deleted. */
  | 'POLICY_DELETED'
  /** Settings of a policy were changed. */
  | 'POLICY_UPDATED'
  /** A service created a portal session for the user. `details` holds its `portalSessionId`, permissions and origin. */
  | 'PORTAL_SESSION_CREATED'
  /** A portal session was ended: by a service, or as the oldest one beyond the maximum number of portal sessions. */
  | 'PORTAL_SESSION_ENDED'
  /** The operator created a service token. */
  | 'SERVICE_TOKEN_CREATED'
  /** The operator revoked a service token. */
  | 'SERVICE_TOKEN_REVOKED'
  /** The operator replaced the secret of a service token. */
  | 'SERVICE_TOKEN_ROTATED'
  /** One or several sessions were ended: by their owner from another session, or as the oldest ones beyond the maximum number of sessions. `details` has the number if there can be several. */
  | 'SESSION_ENDED'
  /** A refresh token was used again after it had been exchanged, so its session was ended. */
  | 'SESSION_REUSE_DETECTED'
  /** A service of the product created the user. */
  | 'USER_CREATED'
  /** The account and all its API keys were deleted. */
  | 'USER_DELETED'
  /** The operator or a service disabled the account. Its sessions were ended, and its API keys are rejected. */
  | 'USER_DISABLED'
  /** The operator or a service enabled the account again. */
  | 'USER_ENABLED'
  /** The operator exported all data of the user. */
  | 'USER_EXPORTED'
  /** A session was opened with the correct password. */
  | 'USER_SIGNED_IN'
  /** A session was ended by signing out. */
  | 'USER_SIGNED_OUT'
  /** The account was created. For a user of an identity provider, `details` holds its `issuer`. */
  | 'USER_SIGNED_UP'
  /** A sign-in failed, because the password was wrong or the account was disabled. */
  | 'USER_SIGN_IN_FAILED'
  /** A service of the product changed the user. `details` names the changed fields. */
  | 'USER_UPDATED'
  /** A webhook endpoint was created. `details` holds its `webhookEndpointId`. */
  | 'WEBHOOK_ENDPOINT_CREATED'
  /** A webhook endpoint was deleted. `details` holds its `webhookEndpointId`. */
  | 'WEBHOOK_ENDPOINT_DELETED'
  /** A webhook endpoint was disabled: by a service, by the operator, or by Keyward after repeated failures. `details` holds its `webhookEndpointId` and the reason. */
  | 'WEBHOOK_ENDPOINT_DISABLED'
  /** A webhook endpoint was updated or enabled. `details` holds its `webhookEndpointId` and names the changed fields. */
  | 'WEBHOOK_ENDPOINT_UPDATED'
  /** The signing secret of a webhook endpoint was replaced. `details` holds its `webhookEndpointId`. */
  | 'WEBHOOK_SECRET_ROTATED';

/** Which events to return: those that match every field. A field that is absent or null does not restrict the events. */
export type AuditFilter = {
  /** Kinds of the events, at most 100. If the list is empty, no event matches. */
  actions?: Array<AuditAction> | null | undefined;
  /** ID of the API key that the events concern. */
  apiKeyId?: string | number | null | undefined;
  /** Time from which on the events were recorded. */
  from?: string | null | undefined;
  /** Time before which the events were recorded. */
  to?: string | null | undefined;
  /** ID of the user that the events concern. `myAuditLog` rejects it, because its events all concern the same user. */
  userId?: string | number | null | undefined;
};

/** Settings of a new API key. Every field is optional. */
export type CreateApiKeyInput = {
  /** Addresses from which the key is accepted: at most 50 IP addresses or CIDR ranges. If absent or empty, every address is accepted. Must not be null. */
  allowedCidrs?: Array<string> | null | undefined;
  /** Time from which the key is rejected: in the future, within 10 years. Null if the key does not expire. */
  expiresAt?: string | null | undefined;
  /** JSON to attach to the key, at most 4 KiB. It is returned when the key is verified. If absent, the metadata is an empty object. Must not be null. */
  metadata?: Readonly<Record<string, unknown>> | null | undefined;
  /** Name of the key, at most 100 characters. Null if the key has no name. */
  name?: string | null | undefined;
  /** Rate limit of the key. Null if the number of verifications is not limited. */
  rateLimit?: RateLimitInput | null | undefined;
  /** Scopes to grant: at most 50, each with at most 64 lower-case letters, digits and the characters . _ : - (`orders:*` grants every scope that begins with `orders:`). If absent, the key has no scopes. Must not be null. */
  scopes?: Array<string> | null | undefined;
  /** JSON that the product attaches to the key, at most 4 KiB. FORBIDDEN unless a service of the product acts for the user. Must not be null. */
  trustedMetadata?: Readonly<Record<string, unknown>> | null | undefined;
};

/** Settings of a new portal session. */
export type CreatePortalSessionInput = {
  /** Who at the product uses the portal session, 1 to 255 characters without control characters. The audit log and `createdBy` name it. Null if it is the user. */
  actor?: string | null | undefined;
  /** Lifetime of the portal session in seconds: 60 to 3,600. It cannot be renewed. */
  expiresInSeconds?: number;
  /** ID of the user in the product, 1 to 255 characters without control characters. The user is created if no user has this ID. */
  externalId: string;
  /** The only origin that may use the portal session, such as `https://app.example.com`. Requests with another Origin header, or without one, are UNAUTHENTICATED. Pages of this origin can call the API from a browser, also if CORS_ORIGINS does not contain it. Null if every client may use the session. */
  origin?: string | null | undefined;
  /** What the portal session permits. If the list is empty, the session permits only `me`. */
  permissions: Array<PortalPermission>;
};

/** An API key of another system to import. The bounds of the settings are those of CreateApiKeyInput, but the key may have expired. */
export type ImportApiKeyInput = {
  /** IP addresses and CIDR ranges from which the key is accepted. Null if every address is accepted. */
  allowedCidrs?: Array<string> | null | undefined;
  /** Time at which the key was created. Null if it is the time of the import. */
  createdAt?: string | null | undefined;
  /** Beginning of the key that is shown to its owner: at most 40 characters. It is not secret. Required for BCRYPT. Null if it is not known. */
  displayPrefix?: string | null | undefined;
  /** Email address of the account that owns the key. The account is created without a password if it does not exist. Null if `externalId` is given. */
  email?: string | null | undefined;
  /** Whether the key is enabled. Null if it is. */
  enabled?: boolean | null | undefined;
  /** Time from which the key is rejected, at most 10 years in the future. Null if the key does not expire. */
  expiresAt?: string | null | undefined;
  /** ID of the owner in the product. The user is created if it does not exist. Null if `email` is given. */
  externalId?: string | null | undefined;
  /** Hash of the key, in the form of the import. */
  hash: string;
  /** JSON of the owner to attach to the key. Null if the key has no such JSON. */
  metadata?: Readonly<Record<string, unknown>> | null | undefined;
  /** Name of the key, at most 100 characters. Null if the key has no name. */
  name?: string | null | undefined;
  /** Name of the policy of the owner, if the import creates the owner. An existing owner must have this policy. Null if the owner has no policy of its own, or keeps it. */
  policy?: string | null | undefined;
  /** Rate limit of the key. Null if the key has none. */
  rateLimit?: RateLimitInput | null | undefined;
  /** Time at which the key was revoked. Null if the key is not revoked. */
  revokedAt?: string | null | undefined;
  /** Reason for the revocation. Null if the key is not revoked or no reason is known. */
  revokedReason?: string | null | undefined;
  /** Scopes to grant. Null if the key has no scopes. */
  scopes?: Array<string> | null | undefined;
  /** JSON of the product to attach to the key. Null if the key has no such JSON. */
  trustedMetadata?: Readonly<Record<string, unknown>> | null | undefined;
};

/** A batch of API keys of another system to import. */
export type ImportApiKeysInput = {
  /** Whether to check the keys without importing them. */
  dryRun?: boolean;
  /** Form of the hashes. */
  form: ImportHashFormInput;
  /** Keys to import: 1 to 100. */
  keys: Array<ImportApiKeyInput>;
};

/** How another system hashed its API keys. Keys that were hashed by HMAC can be imported by the command line only. */
export type ImportHashAlgorithm =
  /** The bcrypt hash of the whole key, with a cost from 4 to 14. */
  | 'BCRYPT'
  /** SHA-256 of the key or of a part of it. */
  | 'SHA256'
  /** SHA-512 of the key or of a part of it. */
  | 'SHA512';

/** How the bytes of a hash are written. */
export type ImportHashEncoding =
  /** Base64. The padding is optional. */
  | 'BASE64'
  /** Base64 for URLs. The padding is optional. */
  | 'BASE64URL'
  /** Hexadecimal digits, in either case. */
  | 'HEX';

/** Form of the hashes of one import. It is the same for all keys of a request. */
export type ImportHashFormInput = {
  /** How the keys were hashed. */
  algorithm: ImportHashAlgorithm;
  /** How the hashes are written. Ignored for BCRYPT. */
  encoding?: ImportHashEncoding;
  /** The part of the key that was hashed: `whole`, or `after-first:X` or `after-last:X`, where X is one of . _ ~ + / = : -. For BCRYPT, which hashes the whole key, the part by which the key is found, as `displayPrefix` states it: `before-first:X`, `before-last:X` or `first:N`, with N from 1 to 99. */
  part?: string;
};

/** What became of one key of an import. */
export type ImportOutcome =
  /** The same key of the same owner was imported before. Nothing was changed. */
  | 'ALREADY_PRESENT'
  /** The key was imported. In a dry run, it can be imported. */
  | 'IMPORTED'
  /** The key was not imported, for the given reasons. */
  | 'INVALID';

/** Settings of a policy. In `updatePolicy`, an absent field is unchanged. Null clears a setting: the policy then does not limit it. */
export type PolicyInput = {
  /** Addresses and CIDR ranges from which keys may be used, at most 50. An empty list, or null, permits every address. */
  allowedCidrs?: Array<string> | null | undefined;
  /** Description for services and the operator, at most 500 characters. Null clears it. */
  description?: string | null | undefined;
  /** Whether every new key needs an expiry. Must not be null. */
  expiryRequired?: boolean | null | undefined;
  /** Maximum lifetime of a key in days: 1 to 3,650. Null if the policy permits any lifetime. */
  keyLifetimeDaysMax?: number | null | undefined;
  /** Maximum number of usable keys of a user: 0 to 1,000. Null if `MAX_KEYS_PER_USER` applies. */
  keysMax?: number | null | undefined;
  /** Name of the policy: 1 to 64 lower-case letters, digits and hyphens, beginning with a letter. Required by `createPolicy`. It never changes. */
  name?: string | null | undefined;
  /** Rate limit that all keys of an owner share. Null if the policy has no such limit. */
  ownerRateLimit?: RateLimitInput | null | undefined;
  /** Scopes and patterns that keys may have, at most 50. An empty list permits no scope, null every scope. */
  scopes?: Array<string> | null | undefined;
};

/** What a portal session permits, for its user alone. Every portal session permits `me`. */
export type PortalPermission =
  /** Read the audit log of the user. */
  | 'AUDIT_READ'
  /** Create API keys. The result contains the new key, also without KEYS_READ. */
  | 'KEYS_CREATE'
  /** Read the API keys of the user and their usage. */
  | 'KEYS_READ'
  /** Revoke API keys. */
  | 'KEYS_REVOKE'
  /** Rotate API keys. */
  | 'KEYS_ROTATE'
  /** Update the settings of API keys. */
  | 'KEYS_UPDATE';

/** Rate limit to set for an API key, or for all API keys of an owner together. */
export type RateLimitInput = {
  /** Number of verifications that succeed in one window: 1 to 1,000,000. */
  limit: number;
  /** Length of the window in seconds: 1 to 86,400. The window begins with the first verification. */
  windowSeconds: number;
};

/** Options of the rotation of an API key. */
export type RotateApiKeyInput = {
  /** Time from which the new key is rejected: in the future, within 10 years. If absent, the new key has the expiry of the replaced key. Null if the new key does not expire. */
  expiresAt?: string | null | undefined;
  /** Grace period in seconds, for which the replaced key stays valid: 0 (it expires immediately) to 2,592,000 (30 days). The replaced key still expires at its own `expiresAt` if that is earlier. If the predecessor of the key is still valid, only 0 is accepted. */
  gracePeriodSeconds?: number;
};

/** Changes to the settings of an API key. Absent fields are unchanged. The bounds are those of CreateApiKeyInput. */
export type UpdateApiKeyInput = {
  /** New IP addresses and CIDR ranges from which the key is accepted. They replace the whole list. If the list is empty, every address is accepted. Must not be null. */
  allowedCidrs?: Array<string> | null | undefined;
  /** Whether the key is enabled. Must not be null. */
  enabled?: boolean | null | undefined;
  /** New time from which the key is rejected. Null if the key is not to expire. */
  expiresAt?: string | null | undefined;
  /** New metadata of the key. It replaces all its metadata. Must not be null. */
  metadata?: Readonly<Record<string, unknown>> | null | undefined;
  /** New name of the key. Null if the key is to have no name. */
  name?: string | null | undefined;
  /** Rate limit of the key. Null if the number of verifications is not limited. */
  rateLimit?: RateLimitInput | null | undefined;
  /** New scopes of the key. They replace all its scopes. Must not be null. */
  scopes?: Array<string> | null | undefined;
  /** New JSON that the product attaches to the key. It replaces the earlier one. FORBIDDEN unless a service of the product acts for the user. Must not be null. */
  trustedMetadata?: Readonly<Record<string, unknown>> | null | undefined;
};

/** A user of the product, and what to set. An absent field is unchanged. */
export type UpsertUserInput = {
  /** New email address of the user. Null if no address is known. */
  email?: string | null | undefined;
  /** ID of the user in the product or at the identity provider: 1 to 255 characters without control characters. */
  externalId: string;
  /** Name of the policy of the user, with effect from the next verification. Null if the user is to have none of their own. BAD_USER_INPUT if there is no policy with this name. */
  policy?: string | null | undefined;
  /** New JSON that the product attaches to the user, at most 4 KiB. It replaces the earlier one. Must not be null. */
  trustedMetadata?: Readonly<Record<string, unknown>> | null | undefined;
};

/** Which users to return: those that match every field. A field that is absent or null does not restrict the users. */
export type UserFilter = {
  /** Whether the users are disabled. */
  disabled?: boolean | null | undefined;
  /** External IDs of the users, at most 100. If the list is empty, no user matches. */
  externalIds?: Array<string> | null | undefined;
  /** Name of the policy that the users have of their own. If there is no policy with this name, no user matches. */
  policy?: string | null | undefined;
  /** Beginning of the email address or of the external ID, 2 to 255 characters. The case of an email address is ignored. */
  search?: string | null | undefined;
};

/** State of a delivery. */
export type WebhookDeliveryStatus =
  /** The receiver answered with a status from 200 to 299. */
  | 'DELIVERED'
  /** All attempts failed, or the receiver answered with the status 410. */
  | 'FAILED'
  /** The event waits for its first or next attempt, or is being sent. */
  | 'PENDING';

/** Settings of a webhook endpoint. For a new endpoint, `url` is required. For an update, an absent field is unchanged. */
export type WebhookEndpointInput = {
  /** Note about the endpoint, at most 500 characters. Null clears it. */
  description?: string | null | undefined;
  /** Whether events are sent. While an endpoint is disabled, its events are kept for 30 days; `redeliverWebhooks` sends them. Must not be null. */
  enabled?: boolean | null | undefined;
  /** Types of the events to send, such as `api_key.expiring`. If the list is empty, all types are sent. Must not be null. */
  eventTypes?: Array<string> | null | undefined;
  /** URL to which the events are sent: https, with the port 443 or a higher port than 1023, at most 2,000 characters. Its addresses must be public, unless `WEBHOOK_PRIVATE_TARGETS` lists them. Must not be null. */
  url?: string | null | undefined;
};

export type AuditEventFieldsFragment = { id: string, at: string, action: AuditAction, actor: string, userId: string | null, apiKeyId: string | null, ipAddress: string | null, userAgent: string | null, details: Readonly<Record<string, unknown>> };

export type MyAuditLogQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
  filter?: AuditFilter | null | undefined;
}>;


export type MyAuditLogQuery = { myAuditLog: { edges: Array<{ cursor: string, node: { id: string, at: string, action: AuditAction, actor: string, userId: string | null, apiKeyId: string | null, ipAddress: string | null, userAgent: string | null, details: Readonly<Record<string, unknown>> } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type AuditLogQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
  filter?: AuditFilter | null | undefined;
}>;


export type AuditLogQuery = { auditLog: { edges: Array<{ cursor: string, node: { id: string, at: string, action: AuditAction, actor: string, userId: string | null, apiKeyId: string | null, ipAddress: string | null, userAgent: string | null, details: Readonly<Record<string, unknown>> } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type ApiKeyFieldsFragment = { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } };

export type OwnedApiKeyFieldsFragment = { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, owner: { id: string, externalId: string | null }, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } };

export type PageFieldsFragment = { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null };

export type MyApiKeysQueryVariables = Exact<{ [key: string]: never; }>;


export type MyApiKeysQuery = { myApiKeys: Array<{ id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } }> };

export type ApiKeyQueryVariables = Exact<{
  id: string | number;
}>;


export type ApiKeyQuery = { apiKey: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } | null };

export type MyApiKeyHistoryQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type MyApiKeyHistoryQuery = { myApiKeyHistory: { edges: Array<{ cursor: string, node: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type CreateApiKeyMutationVariables = Exact<{
  input?: CreateApiKeyInput | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type CreateApiKeyMutation = { createApiKey: { plaintextKey: string, apiKey: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } } };

export type UpdateApiKeyMutationVariables = Exact<{
  id: string | number;
  input: UpdateApiKeyInput;
}>;


export type UpdateApiKeyMutation = { updateApiKey: { apiKey: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } } };

export type RotateApiKeyMutationVariables = Exact<{
  id: string | number;
  input?: RotateApiKeyInput | null | undefined;
  idempotencyKey?: string | null | undefined;
}>;


export type RotateApiKeyMutation = { rotateApiKey: { plaintextKey: string, apiKey: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } }, replaced: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } } };

export type RevokeApiKeyMutationVariables = Exact<{
  id: string | number;
  reason?: string | null | undefined;
}>;


export type RevokeApiKeyMutation = { revokeApiKey: { apiKey: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } } };

export type ApiKeysQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
  filter?: ApiKeyFilter | null | undefined;
}>;


export type ApiKeysQuery = { apiKeys: { edges: Array<{ cursor: string, node: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, owner: { id: string, externalId: string | null }, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type FindApiKeyQueryVariables = Exact<{
  key: string;
}>;


export type FindApiKeyQuery = { findApiKey: { id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, owner: { id: string, externalId: string | null }, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } } | null };

export type RevokeApiKeysMutationVariables = Exact<{
  filter: ApiKeyFilter;
  reason?: string | null | undefined;
  dryRun?: boolean;
}>;


export type RevokeApiKeysMutation = { revokeApiKeys: { matched: number, revoked: number, complete: boolean, sample: Array<{ id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } }> } };

export type ImportApiKeysMutationVariables = Exact<{
  input: ImportApiKeysInput;
}>;


export type ImportApiKeysMutation = { importApiKeys: { usersCreated: number, results: Array<{ outcome: ImportOutcome, apiKeyId: string | null, keyPrefix: string | null, reasons: Array<string> }> } };

export type PolicyFieldsFragment = { id: string, name: string, description: string | null, scopes: Array<string> | null, keysMax: number | null, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, userCount: number | null, ownerRateLimit: { limit: number, windowSeconds: number } | null };

export type MyKeyPolicyQueryVariables = Exact<{ [key: string]: never; }>;


export type MyKeyPolicyQuery = { myKeyPolicy: { scopes: Array<string> | null, keysMax: number, keysUsed: number, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, expiryWarningDays: number, ownerRateLimit: { limit: number, windowSeconds: number } | null } };

export type PoliciesQueryVariables = Exact<{ [key: string]: never; }>;


export type PoliciesQuery = { policies: Array<{ id: string, name: string, description: string | null, scopes: Array<string> | null, keysMax: number | null, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, userCount: number | null, ownerRateLimit: { limit: number, windowSeconds: number } | null }> };

export type CreatePolicyMutationVariables = Exact<{
  input: PolicyInput;
  dryRun?: boolean;
}>;


export type CreatePolicyMutation = { createPolicy: { affectedKeys: number, affectedKeysIsComplete: boolean, policy: { id: string, name: string, description: string | null, scopes: Array<string> | null, keysMax: number | null, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, userCount: number | null, ownerRateLimit: { limit: number, windowSeconds: number } | null }, sample: Array<{ id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } }> } };

export type UpdatePolicyMutationVariables = Exact<{
  id: string | number;
  input: PolicyInput;
  dryRun?: boolean;
}>;


export type UpdatePolicyMutation = { updatePolicy: { affectedKeys: number, affectedKeysIsComplete: boolean, policy: { id: string, name: string, description: string | null, scopes: Array<string> | null, keysMax: number | null, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, userCount: number | null, ownerRateLimit: { limit: number, windowSeconds: number } | null }, sample: Array<{ id: string, keyPrefix: string, displayPrefix: string | null, name: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Readonly<Record<string, unknown>>, trustedMetadata: Readonly<Record<string, unknown>>, createdAt: string, createdBy: string | null, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } }> } };

export type DeletePolicyMutationVariables = Exact<{
  id: string | number;
}>;


export type DeletePolicyMutation = { deletePolicy: { deleted: boolean } };

export type UserFieldsFragment = { id: string, externalId: string | null, email: string | null, createdAt: string, disabledAt: string | null, trustedMetadata: Readonly<Record<string, unknown>>, policy: { id: string, name: string } | null };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, externalId: string | null, email: string | null, createdAt: string, disabledAt: string | null, trustedMetadata: Readonly<Record<string, unknown>>, policy: { id: string, name: string } | null } };

export type UsersQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
  filter?: UserFilter | null | undefined;
}>;


export type UsersQuery = { users: { edges: Array<{ cursor: string, node: { id: string, externalId: string | null, email: string | null, createdAt: string, disabledAt: string | null, trustedMetadata: Readonly<Record<string, unknown>>, policy: { id: string, name: string } | null } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type UserQueryVariables = Exact<{
  id?: string | number | null | undefined;
  externalId?: string | null | undefined;
}>;


export type UserQuery = { user: { id: string, externalId: string | null, email: string | null, createdAt: string, disabledAt: string | null, trustedMetadata: Readonly<Record<string, unknown>>, policy: { id: string, name: string } | null } | null };

export type UpsertUserMutationVariables = Exact<{
  input: UpsertUserInput;
}>;


export type UpsertUserMutation = { upsertUser: { created: boolean, user: { id: string, externalId: string | null, email: string | null, createdAt: string, disabledAt: string | null, trustedMetadata: Readonly<Record<string, unknown>>, policy: { id: string, name: string } | null } } };

export type DisableUserMutationVariables = Exact<{
  id: string | number;
}>;


export type DisableUserMutation = { disableUser: { user: { id: string, externalId: string | null, email: string | null, createdAt: string, disabledAt: string | null, trustedMetadata: Readonly<Record<string, unknown>>, policy: { id: string, name: string } | null } } };

export type EnableUserMutationVariables = Exact<{
  id: string | number;
}>;


export type EnableUserMutation = { enableUser: { user: { id: string, externalId: string | null, email: string | null, createdAt: string, disabledAt: string | null, trustedMetadata: Readonly<Record<string, unknown>>, policy: { id: string, name: string } | null } } };

export type DeleteUserMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteUserMutation = { deleteUser: { deleted: boolean } };

export type CreatePortalSessionMutationVariables = Exact<{
  input: CreatePortalSessionInput;
}>;


export type CreatePortalSessionMutation = { createPortalSession: { accessToken: string, expiresAt: string, portalSessionId: string, user: { id: string, externalId: string | null } } };

export type EndPortalSessionMutationVariables = Exact<{
  id: string | number;
}>;


export type EndPortalSessionMutation = { endPortalSession: { ended: boolean } };

export type WebhookEndpointFieldsFragment = { id: string, url: string, description: string | null, eventTypes: Array<string>, createdAt: string, disabledAt: string | null, disabledReason: string | null };

export type WebhookDeliveryFieldsFragment = { id: string, eventId: string, eventType: string, createdAt: string, status: WebhookDeliveryStatus, attempts: number, lastAttemptAt: string | null, nextAttemptAt: string | null, lastStatusCode: number | null, lastError: string | null };

export type WebhookEndpointsQueryVariables = Exact<{ [key: string]: never; }>;


export type WebhookEndpointsQuery = { webhookEndpoints: Array<{ id: string, url: string, description: string | null, eventTypes: Array<string>, createdAt: string, disabledAt: string | null, disabledReason: string | null }> };

export type CreateWebhookEndpointMutationVariables = Exact<{
  input: WebhookEndpointInput;
}>;


export type CreateWebhookEndpointMutation = { createWebhookEndpoint: { secret: string, endpoint: { id: string, url: string, description: string | null, eventTypes: Array<string>, createdAt: string, disabledAt: string | null, disabledReason: string | null } } };

export type UpdateWebhookEndpointMutationVariables = Exact<{
  id: string | number;
  input: WebhookEndpointInput;
}>;


export type UpdateWebhookEndpointMutation = { updateWebhookEndpoint: { endpoint: { id: string, url: string, description: string | null, eventTypes: Array<string>, createdAt: string, disabledAt: string | null, disabledReason: string | null } } };

export type DeleteWebhookEndpointMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteWebhookEndpointMutation = { deleteWebhookEndpoint: { deleted: boolean } };

export type RotateWebhookSecretMutationVariables = Exact<{
  id: string | number;
  overlapSeconds?: number;
}>;


export type RotateWebhookSecretMutation = { rotateWebhookSecret: { secret: string, endpoint: { id: string, url: string, description: string | null, eventTypes: Array<string>, createdAt: string, disabledAt: string | null, disabledReason: string | null } } };

export type TestWebhookEndpointMutationVariables = Exact<{
  id: string | number;
}>;


export type TestWebhookEndpointMutation = { testWebhookEndpoint: { delivery: { id: string, eventId: string, eventType: string, createdAt: string, status: WebhookDeliveryStatus, attempts: number, lastAttemptAt: string | null, nextAttemptAt: string | null, lastStatusCode: number | null, lastError: string | null } } };

export type WebhookDeliveriesQueryVariables = Exact<{
  endpointId: string | number;
  first?: number;
  after?: string | null | undefined;
  status?: WebhookDeliveryStatus | null | undefined;
}>;


export type WebhookDeliveriesQuery = { webhookDeliveries: { edges: Array<{ cursor: string, node: { id: string, eventId: string, eventType: string, createdAt: string, status: WebhookDeliveryStatus, attempts: number, lastAttemptAt: string | null, nextAttemptAt: string | null, lastStatusCode: number | null, lastError: string | null } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type RedeliverWebhooksMutationVariables = Exact<{
  endpointId: string | number;
  since: string;
  includeDelivered?: boolean;
}>;


export type RedeliverWebhooksMutation = { redeliverWebhooks: { queued: number } };

/** Code of an error, in `extensions.code`. The GraphQL layer has codes of its own, such as GRAPHQL_VALIDATION_FAILED. */
export type ErrorCode =
  | 'API_KEY_LIMIT_REACHED'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'EMAIL_TAKEN'
  | 'FORBIDDEN'
  | 'INTERNAL_SERVER_ERROR'
  | 'INVALID_CREDENTIALS'
  | 'NOT_FOUND'
  | 'RATE_LIMITED'
  | 'SERVICE_UNAVAILABLE'
  | 'UNAUTHENTICATED'
  | 'VERIFIER_REFUSED';

export const MyAuditLogDocument = new TypedDocument<MyAuditLogQuery, MyAuditLogQueryVariables>(`query MyAuditLog($first: Int! = 50, $after: String, $filter: AuditFilter) {
  myAuditLog(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...AuditEventFields
      }
    }
    pageInfo {
      ...PageFields
    }
  }
}
fragment AuditEventFields on AuditEvent {
  id
  at
  action
  actor
  userId
  apiKeyId
  ipAddress
  userAgent
  details
}
fragment PageFields on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`);

export const AuditLogDocument = new TypedDocument<AuditLogQuery, AuditLogQueryVariables>(`query AuditLog($first: Int! = 50, $after: String, $filter: AuditFilter) {
  auditLog(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...AuditEventFields
      }
    }
    pageInfo {
      ...PageFields
    }
  }
}
fragment AuditEventFields on AuditEvent {
  id
  at
  action
  actor
  userId
  apiKeyId
  ipAddress
  userAgent
  details
}
fragment PageFields on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`);

export const MyApiKeysDocument = new TypedDocument<MyApiKeysQuery, MyApiKeysQueryVariables>(`query MyApiKeys {
  myApiKeys {
    ...ApiKeyFields
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const ApiKeyDocument = new TypedDocument<ApiKeyQuery, ApiKeyQueryVariables>(`query ApiKey($id: ID!) {
  apiKey(id: $id) {
    ...ApiKeyFields
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const MyApiKeyHistoryDocument = new TypedDocument<MyApiKeyHistoryQuery, MyApiKeyHistoryQueryVariables>(`query MyApiKeyHistory($first: Int! = 20, $after: String) {
  myApiKeyHistory(first: $first, after: $after) {
    edges {
      cursor
      node {
        ...ApiKeyFields
      }
    }
    pageInfo {
      ...PageFields
    }
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}
fragment PageFields on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`);

export const CreateApiKeyDocument = new TypedDocument<CreateApiKeyMutation, CreateApiKeyMutationVariables>(`mutation CreateApiKey($input: CreateApiKeyInput, $idempotencyKey: String) {
  createApiKey(input: $input, idempotencyKey: $idempotencyKey) {
    plaintextKey
    apiKey {
      ...ApiKeyFields
    }
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const UpdateApiKeyDocument = new TypedDocument<UpdateApiKeyMutation, UpdateApiKeyMutationVariables>(`mutation UpdateApiKey($id: ID!, $input: UpdateApiKeyInput!) {
  updateApiKey(id: $id, input: $input) {
    apiKey {
      ...ApiKeyFields
    }
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const RotateApiKeyDocument = new TypedDocument<RotateApiKeyMutation, RotateApiKeyMutationVariables>(`mutation RotateApiKey($id: ID!, $input: RotateApiKeyInput, $idempotencyKey: String) {
  rotateApiKey(id: $id, input: $input, idempotencyKey: $idempotencyKey) {
    plaintextKey
    apiKey {
      ...ApiKeyFields
    }
    replaced {
      ...ApiKeyFields
    }
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const RevokeApiKeyDocument = new TypedDocument<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>(`mutation RevokeApiKey($id: ID!, $reason: String) {
  revokeApiKey(id: $id, reason: $reason) {
    apiKey {
      ...ApiKeyFields
    }
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const ApiKeysDocument = new TypedDocument<ApiKeysQuery, ApiKeysQueryVariables>(`query ApiKeys($first: Int! = 50, $after: String, $filter: ApiKeyFilter) {
  apiKeys(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...OwnedApiKeyFields
      }
    }
    pageInfo {
      ...PageFields
    }
  }
}
fragment OwnedApiKeyFields on ApiKey {
  ...ApiKeyFields
  owner {
    id
    externalId
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}
fragment PageFields on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`);

export const FindApiKeyDocument = new TypedDocument<FindApiKeyQuery, FindApiKeyQueryVariables>(`query FindApiKey($key: String!) {
  findApiKey(key: $key) {
    ...OwnedApiKeyFields
  }
}
fragment OwnedApiKeyFields on ApiKey {
  ...ApiKeyFields
  owner {
    id
    externalId
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const RevokeApiKeysDocument = new TypedDocument<RevokeApiKeysMutation, RevokeApiKeysMutationVariables>(`mutation RevokeApiKeys($filter: ApiKeyFilter!, $reason: String, $dryRun: Boolean! = false) {
  revokeApiKeys(filter: $filter, reason: $reason, dryRun: $dryRun) {
    matched
    revoked
    complete
    sample {
      ...ApiKeyFields
    }
  }
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const ImportApiKeysDocument = new TypedDocument<ImportApiKeysMutation, ImportApiKeysMutationVariables>(`mutation ImportApiKeys($input: ImportApiKeysInput!) {
  importApiKeys(input: $input) {
    results {
      outcome
      apiKeyId
      keyPrefix
      reasons
    }
    usersCreated
  }
}`);

export const MyKeyPolicyDocument = new TypedDocument<MyKeyPolicyQuery, MyKeyPolicyQueryVariables>(`query MyKeyPolicy {
  myKeyPolicy {
    scopes
    keysMax
    keysUsed
    ownerRateLimit {
      limit
      windowSeconds
    }
    keyLifetimeDaysMax
    expiryRequired
    allowedCidrs
    expiryWarningDays
  }
}`);

export const PoliciesDocument = new TypedDocument<PoliciesQuery, PoliciesQueryVariables>(`query Policies {
  policies {
    ...PolicyFields
  }
}
fragment PolicyFields on Policy {
  id
  name
  description
  scopes
  keysMax
  ownerRateLimit {
    limit
    windowSeconds
  }
  keyLifetimeDaysMax
  expiryRequired
  allowedCidrs
  userCount
}`);

export const CreatePolicyDocument = new TypedDocument<CreatePolicyMutation, CreatePolicyMutationVariables>(`mutation CreatePolicy($input: PolicyInput!, $dryRun: Boolean! = false) {
  createPolicy(input: $input, dryRun: $dryRun) {
    policy {
      ...PolicyFields
    }
    affectedKeys
    affectedKeysIsComplete
    sample {
      ...ApiKeyFields
    }
  }
}
fragment PolicyFields on Policy {
  id
  name
  description
  scopes
  keysMax
  ownerRateLimit {
    limit
    windowSeconds
  }
  keyLifetimeDaysMax
  expiryRequired
  allowedCidrs
  userCount
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const UpdatePolicyDocument = new TypedDocument<UpdatePolicyMutation, UpdatePolicyMutationVariables>(`mutation UpdatePolicy($id: ID!, $input: PolicyInput!, $dryRun: Boolean! = false) {
  updatePolicy(id: $id, input: $input, dryRun: $dryRun) {
    policy {
      ...PolicyFields
    }
    affectedKeys
    affectedKeysIsComplete
    sample {
      ...ApiKeyFields
    }
  }
}
fragment PolicyFields on Policy {
  id
  name
  description
  scopes
  keysMax
  ownerRateLimit {
    limit
    windowSeconds
  }
  keyLifetimeDaysMax
  expiryRequired
  allowedCidrs
  userCount
}
fragment ApiKeyFields on ApiKey {
  id
  keyPrefix
  displayPrefix
  name
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  trustedMetadata
  createdAt
  createdBy
  expiresAt
  effective {
    scopes
    expiresAt
    ownerRateLimit {
      limit
      windowSeconds
    }
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
}`);

export const DeletePolicyDocument = new TypedDocument<DeletePolicyMutation, DeletePolicyMutationVariables>(`mutation DeletePolicy($id: ID!) {
  deletePolicy(id: $id) {
    deleted
  }
}`);

export const MeDocument = new TypedDocument<MeQuery, MeQueryVariables>(`query Me {
  me {
    ...UserFields
  }
}
fragment UserFields on User {
  id
  externalId
  email
  createdAt
  disabledAt
  trustedMetadata
  policy {
    id
    name
  }
}`);

export const UsersDocument = new TypedDocument<UsersQuery, UsersQueryVariables>(`query Users($first: Int! = 50, $after: String, $filter: UserFilter) {
  users(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...UserFields
      }
    }
    pageInfo {
      ...PageFields
    }
  }
}
fragment UserFields on User {
  id
  externalId
  email
  createdAt
  disabledAt
  trustedMetadata
  policy {
    id
    name
  }
}
fragment PageFields on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`);

export const UserDocument = new TypedDocument<UserQuery, UserQueryVariables>(`query User($id: ID, $externalId: String) {
  user(id: $id, externalId: $externalId) {
    ...UserFields
  }
}
fragment UserFields on User {
  id
  externalId
  email
  createdAt
  disabledAt
  trustedMetadata
  policy {
    id
    name
  }
}`);

export const UpsertUserDocument = new TypedDocument<UpsertUserMutation, UpsertUserMutationVariables>(`mutation UpsertUser($input: UpsertUserInput!) {
  upsertUser(input: $input) {
    created
    user {
      ...UserFields
    }
  }
}
fragment UserFields on User {
  id
  externalId
  email
  createdAt
  disabledAt
  trustedMetadata
  policy {
    id
    name
  }
}`);

export const DisableUserDocument = new TypedDocument<DisableUserMutation, DisableUserMutationVariables>(`mutation DisableUser($id: ID!) {
  disableUser(id: $id) {
    user {
      ...UserFields
    }
  }
}
fragment UserFields on User {
  id
  externalId
  email
  createdAt
  disabledAt
  trustedMetadata
  policy {
    id
    name
  }
}`);

export const EnableUserDocument = new TypedDocument<EnableUserMutation, EnableUserMutationVariables>(`mutation EnableUser($id: ID!) {
  enableUser(id: $id) {
    user {
      ...UserFields
    }
  }
}
fragment UserFields on User {
  id
  externalId
  email
  createdAt
  disabledAt
  trustedMetadata
  policy {
    id
    name
  }
}`);

export const DeleteUserDocument = new TypedDocument<DeleteUserMutation, DeleteUserMutationVariables>(`mutation DeleteUser($id: ID!) {
  deleteUser(id: $id) {
    deleted
  }
}`);

export const CreatePortalSessionDocument = new TypedDocument<CreatePortalSessionMutation, CreatePortalSessionMutationVariables>(`mutation CreatePortalSession($input: CreatePortalSessionInput!) {
  createPortalSession(input: $input) {
    accessToken
    expiresAt
    portalSessionId
    user {
      id
      externalId
    }
  }
}`);

export const EndPortalSessionDocument = new TypedDocument<EndPortalSessionMutation, EndPortalSessionMutationVariables>(`mutation EndPortalSession($id: ID!) {
  endPortalSession(id: $id) {
    ended
  }
}`);

export const WebhookEndpointsDocument = new TypedDocument<WebhookEndpointsQuery, WebhookEndpointsQueryVariables>(`query WebhookEndpoints {
  webhookEndpoints {
    ...WebhookEndpointFields
  }
}
fragment WebhookEndpointFields on WebhookEndpoint {
  id
  url
  description
  eventTypes
  createdAt
  disabledAt
  disabledReason
}`);

export const CreateWebhookEndpointDocument = new TypedDocument<CreateWebhookEndpointMutation, CreateWebhookEndpointMutationVariables>(`mutation CreateWebhookEndpoint($input: WebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    endpoint {
      ...WebhookEndpointFields
    }
    secret
  }
}
fragment WebhookEndpointFields on WebhookEndpoint {
  id
  url
  description
  eventTypes
  createdAt
  disabledAt
  disabledReason
}`);

export const UpdateWebhookEndpointDocument = new TypedDocument<UpdateWebhookEndpointMutation, UpdateWebhookEndpointMutationVariables>(`mutation UpdateWebhookEndpoint($id: ID!, $input: WebhookEndpointInput!) {
  updateWebhookEndpoint(id: $id, input: $input) {
    endpoint {
      ...WebhookEndpointFields
    }
  }
}
fragment WebhookEndpointFields on WebhookEndpoint {
  id
  url
  description
  eventTypes
  createdAt
  disabledAt
  disabledReason
}`);

export const DeleteWebhookEndpointDocument = new TypedDocument<DeleteWebhookEndpointMutation, DeleteWebhookEndpointMutationVariables>(`mutation DeleteWebhookEndpoint($id: ID!) {
  deleteWebhookEndpoint(id: $id) {
    deleted
  }
}`);

export const RotateWebhookSecretDocument = new TypedDocument<RotateWebhookSecretMutation, RotateWebhookSecretMutationVariables>(`mutation RotateWebhookSecret($id: ID!, $overlapSeconds: Int! = 86400) {
  rotateWebhookSecret(id: $id, overlapSeconds: $overlapSeconds) {
    endpoint {
      ...WebhookEndpointFields
    }
    secret
  }
}
fragment WebhookEndpointFields on WebhookEndpoint {
  id
  url
  description
  eventTypes
  createdAt
  disabledAt
  disabledReason
}`);

export const TestWebhookEndpointDocument = new TypedDocument<TestWebhookEndpointMutation, TestWebhookEndpointMutationVariables>(`mutation TestWebhookEndpoint($id: ID!) {
  testWebhookEndpoint(id: $id) {
    delivery {
      ...WebhookDeliveryFields
    }
  }
}
fragment WebhookDeliveryFields on WebhookDelivery {
  id
  eventId
  eventType
  createdAt
  status
  attempts
  lastAttemptAt
  nextAttemptAt
  lastStatusCode
  lastError
}`);

export const WebhookDeliveriesDocument = new TypedDocument<WebhookDeliveriesQuery, WebhookDeliveriesQueryVariables>(`query WebhookDeliveries($endpointId: ID!, $first: Int! = 50, $after: String, $status: WebhookDeliveryStatus) {
  webhookDeliveries(
    endpointId: $endpointId
    first: $first
    after: $after
    status: $status
  ) {
    edges {
      cursor
      node {
        ...WebhookDeliveryFields
      }
    }
    pageInfo {
      ...PageFields
    }
  }
}
fragment WebhookDeliveryFields on WebhookDelivery {
  id
  eventId
  eventType
  createdAt
  status
  attempts
  lastAttemptAt
  nextAttemptAt
  lastStatusCode
  lastError
}
fragment PageFields on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}`);

export const RedeliverWebhooksDocument = new TypedDocument<RedeliverWebhooksMutation, RedeliverWebhooksMutationVariables>(`mutation RedeliverWebhooks($endpointId: ID!, $since: DateTime!, $includeDelivered: Boolean! = false) {
  redeliverWebhooks(
    endpointId: $endpointId
    since: $since
    includeDelivered: $includeDelivered
  ) {
    queued
  }
}`);