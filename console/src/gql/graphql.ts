/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Where the accounts of the users are kept. */
export type AccountsMode =
  /** Keyward keeps accounts with a password, and an identity provider keeps others. */
  | 'BOTH'
  /** An identity provider keeps all accounts. */
  | 'EXTERNAL'
  /** Keyward keeps all accounts, with email and password. */
  | 'LOCAL'
  /** No person signs in. The backend of the product acts for its users. */
  | 'NONE';

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

/** Current and new password of the account. */
export type ChangePasswordInput = {
  /** Current password of the account. */
  currentPassword: string;
  /** New password of the account. The rules are those of SignUpInput.password. */
  newPassword: string;
};

/** Settings of a new API key. Every field is optional. */
export type CreateApiKeyInput = {
  /** Addresses from which the key is accepted: at most 50 IP addresses or CIDR ranges. If absent or empty, every address is accepted. Must not be null. */
  allowedCidrs?: Array<string> | null | undefined;
  /** Time from which the key is rejected: in the future, within 10 years. Null if the key does not expire. */
  expiresAt?: string | null | undefined;
  /** JSON to attach to the key, at most 4 KiB. It is returned when the key is verified. If absent, the metadata is an empty object. Must not be null. */
  metadata?: Record<string, unknown> | null | undefined;
  /** Name of the key, at most 100 characters. Null if the key has no name. */
  name?: string | null | undefined;
  /** Rate limit of the key. Null if the number of verifications is not limited. */
  rateLimit?: RateLimitInput | null | undefined;
  /** Scopes to grant: at most 50, each with at most 64 lower-case letters, digits and the characters . _ : - (`orders:*` grants every scope that begins with `orders:`). If absent, the key has no scopes. Must not be null. */
  scopes?: Array<string> | null | undefined;
  /** JSON that the product attaches to the key, at most 4 KiB. FORBIDDEN unless a service of the product acts for the user. Must not be null. */
  trustedMetadata?: Record<string, unknown> | null | undefined;
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

/** Password reset token and new password of an account. */
export type ResetPasswordInput = {
  /** New password of the account. The rules are those of SignUpInput.password. */
  newPassword: string;
  /** Password reset token, created by the operator. It can be used once, within one hour. */
  token: string;
};

/** Options of the rotation of an API key. */
export type RotateApiKeyInput = {
  /** Time from which the new key is rejected: in the future, within 10 years. If absent, the new key has the expiry of the replaced key. Null if the new key does not expire. */
  expiresAt?: string | null | undefined;
  /** Grace period in seconds, for which the replaced key stays valid: 0 (it expires immediately) to 2,592,000 (30 days). The replaced key still expires at its own `expiresAt` if that is earlier. If the predecessor of the key is still valid, only 0 is accepted. */
  gracePeriodSeconds?: number;
};

/** Email address and password of an account. */
export type SignInInput = {
  /** Email address of the account. Case and surrounding spaces are ignored. */
  email: string;
  /** Password of the account. */
  password: string;
};

/** Email address and password of a new account. */
export type SignUpInput = {
  /** Email address to sign in with. Case and surrounding spaces are ignored. */
  email: string;
  /** Password of the new account: at least 15 characters and at most 72 bytes in UTF-8. The email address, the name of the product, repetitions, sequences and variants of common passwords are rejected. */
  password: string;
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
  metadata?: Record<string, unknown> | null | undefined;
  /** New name of the key. Null if the key is to have no name. */
  name?: string | null | undefined;
  /** Rate limit of the key. Null if the number of verifications is not limited. */
  rateLimit?: RateLimitInput | null | undefined;
  /** New scopes of the key. They replace all its scopes. Must not be null. */
  scopes?: Array<string> | null | undefined;
  /** New JSON that the product attaches to the key. It replaces the earlier one. FORBIDDEN unless a service of the product acts for the user. Must not be null. */
  trustedMetadata?: Record<string, unknown> | null | undefined;
};

/** Interval by which usage is summed. Intervals are aligned to UTC. */
export type UsageInterval =
  /** One point for each day, over at most 90 days. */
  | 'DAY'
  /** One point for each hour, over at most 7 days. */
  | 'HOUR';

/** Outcome of a verification: VALID, or the reason for the rejection. */
export type VerificationCode =
  /** The key is disabled. */
  | 'DISABLED'
  /** The key has expired. */
  | 'EXPIRED'
  /** The key lacks a required scope. */
  | 'INSUFFICIENT_SCOPE'
  /** The key has `allowedCidrs`, and the address is outside them or unknown. */
  | 'IP_NOT_ALLOWED'
  /** The text is not an API key: its format or its checksum is wrong. */
  | 'MALFORMED'
  /** The key does not exist. An unknown key prefix and a wrong secret have the same outcome. */
  | 'NOT_FOUND'
  /** The account of the owner is disabled. */
  | 'OWNER_DISABLED'
  /** The rate limit of the key is exhausted for the current window. */
  | 'RATE_LIMITED'
  /** The key was revoked. */
  | 'REVOKED'
  /** The key is valid for the request. */
  | 'VALID';

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { mySessions: Array<{ id: string, createdAt: string, lastUsedAt: string, expiresAt: string, ipAddress: string | null, userAgent: string | null, current: boolean }> };

export type EndSessionMutationVariables = Exact<{
  id: string | number;
}>;


export type EndSessionMutation = { endSession: { session: { id: string } } };

export type EndOtherSessionsMutationVariables = Exact<{ [key: string]: never; }>;


export type EndOtherSessionsMutation = { endOtherSessions: { ended: number } };

export type DeleteAccountMutationVariables = Exact<{
  password?: string | null | undefined;
}>;


export type DeleteAccountMutation = { deleteMyAccount: { deleted: boolean } };

export type EventFieldsFragment = { id: string, at: string, action: AuditAction, actor: string, ipAddress: string | null, userAgent: string | null, details: Record<string, unknown>, apiKey: { id: string, name: string | null, keyPrefix: string } | null };

export type ActivityQueryVariables = Exact<{
  after?: string | null | undefined;
  filter?: AuditFilter | null | undefined;
}>;


export type ActivityQuery = { myAuditLog: { edges: Array<{ node: { id: string, at: string, action: AuditAction, actor: string, ipAddress: string | null, userAgent: string | null, details: Record<string, unknown>, apiKey: { id: string, name: string | null, keyPrefix: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type PortalPermissionsQueryVariables = Exact<{ [key: string]: never; }>;


export type PortalPermissionsQuery = { myPortalPermissions: Array<PortalPermission> | null };

export type ProductQueryVariables = Exact<{ [key: string]: never; }>;


export type ProductQuery = { server: { productName: string, example: { url: string, header: string } | null } };

export type HistoryQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type HistoryQuery = { myApiKeyHistory: { edges: Array<{ node: { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type KeyFieldsFragment = { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null };

export type KeyPolicyFieldsFragment = { scopes: Array<string> | null, keysMax: number, keysUsed: number, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, yourAddress: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null };

export type KeysQueryVariables = Exact<{ [key: string]: never; }>;


export type KeysQuery = { myApiKeys: Array<{ id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null }>, myKeyPolicy: { scopes: Array<string> | null, keysMax: number, keysUsed: number, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, yourAddress: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } };

export type PolicyQueryVariables = Exact<{ [key: string]: never; }>;


export type PolicyQuery = { myKeyPolicy: { scopes: Array<string> | null, keysMax: number, keysUsed: number, keyLifetimeDaysMax: number | null, expiryRequired: boolean, allowedCidrs: Array<string>, yourAddress: string | null, ownerRateLimit: { limit: number, windowSeconds: number } | null } };

export type UseOfKeysQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type UseOfKeysQuery = { myApiKeys: Array<{ id: string, usage: Array<{ start: string, allowed: number, refused: number }> }> };

export type KeyQueryVariables = Exact<{
  id: string | number;
}>;


export type KeyQuery = { apiKey: { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null } | null };

export type KeyUsageQueryVariables = Exact<{
  id: string | number;
  from: string;
  to: string;
  by: UsageInterval;
}>;


export type KeyUsageQuery = { apiKey: { id: string, usage: Array<{ start: string, allowed: number, refused: number, refusals: Array<{ code: VerificationCode, count: number }> }> } | null };

export type KeyEventsQueryVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
}>;


export type KeyEventsQuery = { apiKey: { id: string, events: { edges: Array<{ node: { id: string, at: string, action: AuditAction, actor: string, ipAddress: string | null, userAgent: string | null, details: Record<string, unknown>, apiKey: { id: string, name: string | null, keyPrefix: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type FirstUseQueryVariables = Exact<{
  id: string | number;
}>;


export type FirstUseQuery = { apiKey: { id: string, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null } | null };

export type RotationPairQueryVariables = Exact<{
  oldId: string | number;
  newId: string | number;
}>;


export type RotationPairQuery = { old: { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null } | null, new: { id: string, createdAt: string } | null };

export type RotationQueryVariables = Exact<{
  oldId: string | number;
  newId: string | number;
  from: string;
  to: string;
}>;


export type RotationQuery = { old: { id: string, usage: Array<{ allowed: number }> } | null, new: { id: string, usage: Array<{ allowed: number }> } | null };

export type CreateKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
  idempotencyKey: string;
}>;


export type CreateKeyMutation = { createApiKey: { plaintextKey: string, apiKey: { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null } } };

export type UpdateKeyMutationVariables = Exact<{
  id: string | number;
  input: UpdateApiKeyInput;
}>;


export type UpdateKeyMutation = { updateApiKey: { apiKey: { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null } } };

export type RotateKeyMutationVariables = Exact<{
  id: string | number;
  input: RotateApiKeyInput;
  idempotencyKey: string;
}>;


export type RotateKeyMutation = { rotateApiKey: { plaintextKey: string, apiKey: { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null } } };

export type RevokeKeyMutationVariables = Exact<{
  id: string | number;
  reason?: string | null | undefined;
}>;


export type RevokeKeyMutation = { revokeApiKey: { apiKey: { id: string, keyPrefix: string, name: string | null, createdBy: string | null, status: ApiKeyStatus, enabled: boolean, scopes: Array<string>, allowedCidrs: Array<string>, metadata: Record<string, unknown>, createdAt: string, expiresAt: string | null, expiresSoon: boolean, revokedAt: string | null, revokedReason: string | null, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, rateLimit: { limit: number, windowSeconds: number } | null, effective: { scopes: Array<string>, expiresAt: string | null }, replaces: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus } | null, replacedBy: { id: string, keyPrefix: string, name: string | null } | null } } };

export type SignedInFragment = { accessToken: string, refreshToken: string, user: { id: string, email: string | null, externalId: string | null, issuer: string | null } };

export type ServerQueryVariables = Exact<{ [key: string]: never; }>;


export type ServerQuery = { server: { productName: string, version: string, keyNamespace: string, accounts: AccountsMode, signUpIsOpen: boolean, identityProvider: { issuer: string, clientId: string, scope: string } | null, example: { url: string, header: string } | null } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, email: string | null, externalId: string | null, issuer: string | null } };

export type SignUpMutationVariables = Exact<{
  input: SignUpInput;
}>;


export type SignUpMutation = { signUp: { accessToken: string, refreshToken: string, user: { id: string, email: string | null, externalId: string | null, issuer: string | null } } };

export type SignInMutationVariables = Exact<{
  input: SignInInput;
}>;


export type SignInMutation = { signIn: { accessToken: string, refreshToken: string, user: { id: string, email: string | null, externalId: string | null, issuer: string | null } } };

export type RefreshSessionMutationVariables = Exact<{
  refreshToken: string;
}>;


export type RefreshSessionMutation = { refreshSession: { accessToken: string, refreshToken: string, user: { id: string, email: string | null, externalId: string | null, issuer: string | null } } };

export type SignOutMutationVariables = Exact<{
  refreshToken: string;
}>;


export type SignOutMutation = { signOut: { signedOut: boolean } };

export type ResetPasswordMutationVariables = Exact<{
  input: ResetPasswordInput;
}>;


export type ResetPasswordMutation = { resetPassword: { accessToken: string, refreshToken: string, user: { id: string, email: string | null, externalId: string | null, issuer: string | null } } };

export type ChangePasswordMutationVariables = Exact<{
  input: ChangePasswordInput;
}>;


export type ChangePasswordMutation = { changePassword: { accessToken: string, refreshToken: string, user: { id: string, email: string | null, externalId: string | null, issuer: string | null } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const EventFieldsFragmentDoc = new TypedDocumentString(`
    fragment EventFields on AuditEvent {
  id
  at
  action
  actor
  ipAddress
  userAgent
  details
  apiKey {
    id
    name
    keyPrefix
  }
}
    `, {"fragmentName":"EventFields"}) as unknown as TypedDocumentString<EventFieldsFragment, unknown>;
export const KeyFieldsFragmentDoc = new TypedDocumentString(`
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}
    `, {"fragmentName":"KeyFields"}) as unknown as TypedDocumentString<KeyFieldsFragment, unknown>;
export const KeyPolicyFieldsFragmentDoc = new TypedDocumentString(`
    fragment KeyPolicyFields on KeyPolicy {
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
  yourAddress
}
    `, {"fragmentName":"KeyPolicyFields"}) as unknown as TypedDocumentString<KeyPolicyFieldsFragment, unknown>;
export const SignedInFragmentDoc = new TypedDocumentString(`
    fragment SignedIn on AuthPayload {
  accessToken
  refreshToken
  user {
    id
    email
    externalId
    issuer
  }
}
    `, {"fragmentName":"SignedIn"}) as unknown as TypedDocumentString<SignedInFragment, unknown>;
export const SessionsDocument = new TypedDocumentString(`
    query Sessions {
  mySessions {
    id
    createdAt
    lastUsedAt
    expiresAt
    ipAddress
    userAgent
    current
  }
}
    `) as unknown as TypedDocumentString<SessionsQuery, SessionsQueryVariables>;
export const EndSessionDocument = new TypedDocumentString(`
    mutation EndSession($id: ID!) {
  endSession(id: $id) {
    session {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<EndSessionMutation, EndSessionMutationVariables>;
export const EndOtherSessionsDocument = new TypedDocumentString(`
    mutation EndOtherSessions {
  endOtherSessions {
    ended
  }
}
    `) as unknown as TypedDocumentString<EndOtherSessionsMutation, EndOtherSessionsMutationVariables>;
export const DeleteAccountDocument = new TypedDocumentString(`
    mutation DeleteAccount($password: String) {
  deleteMyAccount(password: $password) {
    deleted
  }
}
    `) as unknown as TypedDocumentString<DeleteAccountMutation, DeleteAccountMutationVariables>;
export const ActivityDocument = new TypedDocumentString(`
    query Activity($after: String, $filter: AuditFilter) {
  myAuditLog(first: 50, after: $after, filter: $filter) {
    edges {
      node {
        ...EventFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment EventFields on AuditEvent {
  id
  at
  action
  actor
  ipAddress
  userAgent
  details
  apiKey {
    id
    name
    keyPrefix
  }
}`) as unknown as TypedDocumentString<ActivityQuery, ActivityQueryVariables>;
export const PortalPermissionsDocument = new TypedDocumentString(`
    query PortalPermissions {
  myPortalPermissions
}
    `) as unknown as TypedDocumentString<PortalPermissionsQuery, PortalPermissionsQueryVariables>;
export const ProductDocument = new TypedDocumentString(`
    query Product {
  server {
    productName
    example {
      url
      header
    }
  }
}
    `) as unknown as TypedDocumentString<ProductQuery, ProductQueryVariables>;
export const HistoryDocument = new TypedDocumentString(`
    query History($after: String) {
  myApiKeyHistory(first: 20, after: $after) {
    edges {
      node {
        ...KeyFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}`) as unknown as TypedDocumentString<HistoryQuery, HistoryQueryVariables>;
export const KeysDocument = new TypedDocumentString(`
    query Keys {
  myApiKeys {
    ...KeyFields
  }
  myKeyPolicy {
    ...KeyPolicyFields
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}
fragment KeyPolicyFields on KeyPolicy {
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
  yourAddress
}`) as unknown as TypedDocumentString<KeysQuery, KeysQueryVariables>;
export const PolicyDocument = new TypedDocumentString(`
    query Policy {
  myKeyPolicy {
    ...KeyPolicyFields
  }
}
    fragment KeyPolicyFields on KeyPolicy {
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
  yourAddress
}`) as unknown as TypedDocumentString<PolicyQuery, PolicyQueryVariables>;
export const UseOfKeysDocument = new TypedDocumentString(`
    query UseOfKeys($from: DateTime!, $to: DateTime!) {
  myApiKeys {
    id
    usage(from: $from, to: $to) {
      start
      allowed
      refused
    }
  }
}
    `) as unknown as TypedDocumentString<UseOfKeysQuery, UseOfKeysQueryVariables>;
export const KeyDocument = new TypedDocumentString(`
    query Key($id: ID!) {
  apiKey(id: $id) {
    ...KeyFields
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}`) as unknown as TypedDocumentString<KeyQuery, KeyQueryVariables>;
export const KeyUsageDocument = new TypedDocumentString(`
    query KeyUsage($id: ID!, $from: DateTime!, $to: DateTime!, $by: UsageInterval!) {
  apiKey(id: $id) {
    id
    usage(from: $from, to: $to, by: $by) {
      start
      allowed
      refused
      refusals {
        code
        count
      }
    }
  }
}
    `) as unknown as TypedDocumentString<KeyUsageQuery, KeyUsageQueryVariables>;
export const KeyEventsDocument = new TypedDocumentString(`
    query KeyEvents($id: ID!, $after: String) {
  apiKey(id: $id) {
    id
    events(first: 10, after: $after) {
      edges {
        node {
          ...EventFields
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment EventFields on AuditEvent {
  id
  at
  action
  actor
  ipAddress
  userAgent
  details
  apiKey {
    id
    name
    keyPrefix
  }
}`) as unknown as TypedDocumentString<KeyEventsQuery, KeyEventsQueryVariables>;
export const FirstUseDocument = new TypedDocumentString(`
    query FirstUse($id: ID!) {
  apiKey(id: $id) {
    id
    lastUsedAt
    lastUsedIp
    lastUsedUserAgent
  }
}
    `) as unknown as TypedDocumentString<FirstUseQuery, FirstUseQueryVariables>;
export const RotationPairDocument = new TypedDocumentString(`
    query RotationPair($oldId: ID!, $newId: ID!) {
  old: apiKey(id: $oldId) {
    ...KeyFields
  }
  new: apiKey(id: $newId) {
    id
    createdAt
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}`) as unknown as TypedDocumentString<RotationPairQuery, RotationPairQueryVariables>;
export const RotationDocument = new TypedDocumentString(`
    query Rotation($oldId: ID!, $newId: ID!, $from: DateTime!, $to: DateTime!) {
  old: apiKey(id: $oldId) {
    id
    usage(from: $from, to: $to, by: HOUR) {
      allowed
    }
  }
  new: apiKey(id: $newId) {
    id
    usage(from: $from, to: $to, by: HOUR) {
      allowed
    }
  }
}
    `) as unknown as TypedDocumentString<RotationQuery, RotationQueryVariables>;
export const CreateKeyDocument = new TypedDocumentString(`
    mutation CreateKey($input: CreateApiKeyInput!, $idempotencyKey: String!) {
  createApiKey(input: $input, idempotencyKey: $idempotencyKey) {
    plaintextKey
    apiKey {
      ...KeyFields
    }
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}`) as unknown as TypedDocumentString<CreateKeyMutation, CreateKeyMutationVariables>;
export const UpdateKeyDocument = new TypedDocumentString(`
    mutation UpdateKey($id: ID!, $input: UpdateApiKeyInput!) {
  updateApiKey(id: $id, input: $input) {
    apiKey {
      ...KeyFields
    }
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}`) as unknown as TypedDocumentString<UpdateKeyMutation, UpdateKeyMutationVariables>;
export const RotateKeyDocument = new TypedDocumentString(`
    mutation RotateKey($id: ID!, $input: RotateApiKeyInput!, $idempotencyKey: String!) {
  rotateApiKey(id: $id, input: $input, idempotencyKey: $idempotencyKey) {
    plaintextKey
    apiKey {
      ...KeyFields
    }
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}`) as unknown as TypedDocumentString<RotateKeyMutation, RotateKeyMutationVariables>;
export const RevokeKeyDocument = new TypedDocumentString(`
    mutation RevokeKey($id: ID!, $reason: String) {
  revokeApiKey(id: $id, reason: $reason) {
    apiKey {
      ...KeyFields
    }
  }
}
    fragment KeyFields on ApiKey {
  id
  keyPrefix
  name
  createdBy
  status
  enabled
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  createdAt
  expiresAt
  effective {
    scopes
    expiresAt
  }
  expiresSoon
  revokedAt
  revokedReason
  lastUsedAt
  lastUsedIp
  lastUsedUserAgent
  replaces {
    id
    keyPrefix
    name
    status
  }
  replacedBy {
    id
    keyPrefix
    name
  }
}`) as unknown as TypedDocumentString<RevokeKeyMutation, RevokeKeyMutationVariables>;
export const ServerDocument = new TypedDocumentString(`
    query Server {
  server {
    productName
    version
    keyNamespace
    accounts
    signUpIsOpen
    identityProvider {
      issuer
      clientId
      scope
    }
    example {
      url
      header
    }
  }
}
    `) as unknown as TypedDocumentString<ServerQuery, ServerQueryVariables>;
export const MeDocument = new TypedDocumentString(`
    query Me {
  me {
    id
    email
    externalId
    issuer
  }
}
    `) as unknown as TypedDocumentString<MeQuery, MeQueryVariables>;
export const SignUpDocument = new TypedDocumentString(`
    mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) {
    ...SignedIn
  }
}
    fragment SignedIn on AuthPayload {
  accessToken
  refreshToken
  user {
    id
    email
    externalId
    issuer
  }
}`) as unknown as TypedDocumentString<SignUpMutation, SignUpMutationVariables>;
export const SignInDocument = new TypedDocumentString(`
    mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    ...SignedIn
  }
}
    fragment SignedIn on AuthPayload {
  accessToken
  refreshToken
  user {
    id
    email
    externalId
    issuer
  }
}`) as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const RefreshSessionDocument = new TypedDocumentString(`
    mutation RefreshSession($refreshToken: String!) {
  refreshSession(refreshToken: $refreshToken) {
    ...SignedIn
  }
}
    fragment SignedIn on AuthPayload {
  accessToken
  refreshToken
  user {
    id
    email
    externalId
    issuer
  }
}`) as unknown as TypedDocumentString<RefreshSessionMutation, RefreshSessionMutationVariables>;
export const SignOutDocument = new TypedDocumentString(`
    mutation SignOut($refreshToken: String!) {
  signOut(refreshToken: $refreshToken) {
    signedOut
  }
}
    `) as unknown as TypedDocumentString<SignOutMutation, SignOutMutationVariables>;
export const ResetPasswordDocument = new TypedDocumentString(`
    mutation ResetPassword($input: ResetPasswordInput!) {
  resetPassword(input: $input) {
    ...SignedIn
  }
}
    fragment SignedIn on AuthPayload {
  accessToken
  refreshToken
  user {
    id
    email
    externalId
    issuer
  }
}`) as unknown as TypedDocumentString<ResetPasswordMutation, ResetPasswordMutationVariables>;
export const ChangePasswordDocument = new TypedDocumentString(`
    mutation ChangePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    ...SignedIn
  }
}
    fragment SignedIn on AuthPayload {
  accessToken
  refreshToken
  user {
    id
    email
    externalId
    issuer
  }
}`) as unknown as TypedDocumentString<ChangePasswordMutation, ChangePasswordMutationVariables>;