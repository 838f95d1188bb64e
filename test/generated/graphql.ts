/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What a key is good for. */
export type ApiKeyStatus =
  /** It can be used. */
  | 'ACTIVE'
  /** It was switched off, and can be switched on again. */
  | 'DISABLED'
  /** Its time is over, and it never works again. */
  | 'EXPIRED'
  /** It was revoked by its owner and never works again. */
  | 'REVOKED'
  /** It can be used until `expiresAt`; another key has taken over. */
  | 'ROTATING';

/** What was done in an account. */
export type AuditAction =
  /** Somebody signed in to this account asked for what belongs to somebody else. */
  | 'ACCESS_REFUSED'
  /** A key was made. */
  | 'API_KEY_CREATED'
  /** A key of another system was taken over by the operator. */
  | 'API_KEY_IMPORTED'
  /** A key was revoked. */
  | 'API_KEY_REVOKED'
  /** A key was replaced by a new one; `details` tells by which, and when the old one ends. */
  | 'API_KEY_ROTATED'
  /** A key was changed; `details` tells what, before and after. */
  | 'API_KEY_UPDATED'
  /** A new password was set, and every other session ended. */
  | 'PASSWORD_CHANGED'
  /** A new password was set with such a token, and every session ended. */
  | 'PASSWORD_RESET'
  /** The operator made a token to set a new password with. */
  | 'PASSWORD_RESET_ISSUED'
  /** A session was ended by its owner, from another one. */
  | 'SESSION_ENDED'
  /** A refresh token was used again long after it had been exchanged, so its session was ended. */
  | 'SESSION_REUSE_DETECTED'
  /** The account was deleted by its owner, and all its keys. */
  | 'USER_DELETED'
  /** The operator disabled the account: its sessions ended, and its keys are refused. */
  | 'USER_DISABLED'
  /** The operator enabled the account again. */
  | 'USER_ENABLED'
  /** Somebody signed in, with the right password. */
  | 'USER_SIGNED_IN'
  /** A session was signed out of. */
  | 'USER_SIGNED_OUT'
  /** The account was made. Of a user of an identity provider `details` tells its `issuer`. */
  | 'USER_SIGNED_UP'
  /** Somebody tried a password that was wrong, or the account was disabled. */
  | 'USER_SIGN_IN_FAILED';

/** The old and the new password. */
export type ChangePasswordInput = {
  /** The password that is valid until now. */
  currentPassword: string;
  /** The password to be valid from now on; see SignUpInput.password for what it may be. */
  newPassword: string;
};

/** What the new key is like. Everything can be left out. */
export type CreateApiKeyInput = {
  /** The addresses that it may be used from: at most 50 CIDR ranges or addresses. Left out: any. */
  allowedCidrs?: Array<string> | null | undefined;
  /** When it ends: in the future, within 10 years. Null: it does not expire. */
  expiresAt?: string | null | undefined;
  /** Notes for whoever verifies the key, at most 4 KiB of JSON. Left out: none. */
  metadata?: unknown;
  /** What to call it, at most 100 characters. Null: no name. */
  name?: string | null | undefined;
  /** How often it may be used. Null: as often as you like. */
  rateLimit?: RateLimitInput | null | undefined;
  /** What it may be used for: at most 50, each of up to 64 lower-case letters, digits and . _ : - (`orders:*` for anything under `orders:`). Left out: nothing that asks for a scope. */
  scopes?: Array<string> | null | undefined;
};

/** How often a key may be used. */
export type RateLimitInput = {
  /** So many verifications are let through in one window: 1 to 1,000,000. */
  limit: number;
  /** How long a window is: 1 to 86,400 seconds. */
  windowSeconds: number;
};

/** A one-time token and a new password. */
export type ResetPasswordInput = {
  /** The password to be valid from now on; see SignUpInput.password for what it may be. */
  newPassword: string;
  /** Made by the operator; good for an hour, once. */
  token: string;
};

/** Options of a rotation. */
export type RotateApiKeyInput = {
  /** When the new key expires: in the future, within 10 years. Absent: when the old key would have. Null: never. */
  expiresAt?: string | null | undefined;
  /** Seconds for which the old key stays valid: 0 (it ends at once) to 2,592,000, 30 days. It never outlives its own expiry. Only 0 is accepted for a key whose own predecessor is still valid. */
  gracePeriodSeconds?: number;
};

/** What proves who you are. */
export type SignInInput = {
  /** The address of the account. Case and surrounding spaces make no difference. */
  email: string;
  /** The password of the account. */
  password: string;
};

/** What a new account is made of. */
export type SignUpInput = {
  /** The address to sign in with. Case and surrounding spaces make no difference. */
  email: string;
  /** At least 15 characters and at most 72 bytes in UTF-8. The email address, the name of the product, repetitions, sequences and variants of common passwords are rejected. */
  password: string;
};

/** What to change of a key. A field that is left out stays as it is; the bounds are those of CreateApiKeyInput. */
export type UpdateApiKeyInput = {
  /** The addresses that it may be used from, all of them; empty: any. Not null. */
  allowedCidrs?: Array<string> | null | undefined;
  /** Whether it is switched on. Not null. */
  enabled?: boolean | null | undefined;
  /** When it ends. Null: it does not expire. */
  expiresAt?: string | null | undefined;
  /** Notes for whoever verifies the key, all of them. Not null. */
  metadata?: unknown;
  /** What to call it. Null: no name. */
  name?: string | null | undefined;
  /** How often it may be used. Null: as often as you like. */
  rateLimit?: RateLimitInput | null | undefined;
  /** What it may be used for, all of it. Not null. */
  scopes?: Array<string> | null | undefined;
};

/** What usage is summed up by, in UTC. */
export type UsageInterval =
  /** Whole days, over at most 90 days. */
  | 'DAY'
  /** Whole hours, over at most 7 days. */
  | 'HOUR';

/** What became of a verification. */
export type VerificationCode =
  /** It is switched off. */
  | 'DISABLED'
  /** Its time is over. */
  | 'EXPIRED'
  /** It lacks a scope that is asked for. */
  | 'INSUFFICIENT_SCOPE'
  /** It may not be used from this address, or the address was not given. */
  | 'IP_NOT_ALLOWED'
  /** This is no key: mistyped, cut off or made up. */
  | 'MALFORMED'
  /** There is no such key. Its prefix is unknown or its secret is wrong: the same answer for both. */
  | 'NOT_FOUND'
  /** Its owner’s account is disabled. */
  | 'OWNER_DISABLED'
  /** It was used too often. */
  | 'RATE_LIMITED'
  /** Its owner revoked it. */
  | 'REVOKED'
  /** The key may pass. */
  | 'VALID';

/** A key, and what it is presented for. */
export type VerifyApiKeyInput = {
  /** The address of the caller that presents the key. Null: not known; then a key with allowedCidrs is refused. */
  ipAddress?: string | null | undefined;
  /** The key as it was presented. */
  key: string;
  /** Scopes, each of which it must have, at most 50. Null: none. */
  scopes?: Array<string> | null | undefined;
  /** The caller’s User-Agent, for the key’s last use. Null: not known. */
  userAgent?: string | null | undefined;
};

export type KeyFragment = { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, rateLimit: { limit: number, windowSeconds: number } | null };

export type MyApiKeysQueryVariables = Exact<{ [key: string]: never; }>;


export type MyApiKeysQuery = { myApiKeys: Array<{ id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, rateLimit: { limit: number, windowSeconds: number } | null }> };

export type MyApiKeysWithOwnerQueryVariables = Exact<{ [key: string]: never; }>;


export type MyApiKeysWithOwnerQuery = { myApiKeys: Array<{ id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, owner: { id: string, email: string | null }, rateLimit: { limit: number, windowSeconds: number } | null }> };

export type ApiKeyQueryVariables = Exact<{
  id: string | number;
}>;


export type ApiKeyQuery = { apiKey: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, rateLimit: { limit: number, windowSeconds: number } | null } | null };

export type CreateApiKeyMutationVariables = Exact<{
  input?: CreateApiKeyInput | null | undefined;
}>;


export type CreateApiKeyMutation = { createApiKey: { plaintextKey: string, apiKey: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, rateLimit: { limit: number, windowSeconds: number } | null } } };

export type RevokeApiKeyMutationVariables = Exact<{
  id: string | number;
  reason?: string | null | undefined;
}>;


export type RevokeApiKeyMutation = { revokeApiKey: { apiKey: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, rateLimit: { limit: number, windowSeconds: number } | null } } };

export type UpdateApiKeyMutationVariables = Exact<{
  id: string | number;
  input: UpdateApiKeyInput;
}>;


export type UpdateApiKeyMutation = { updateApiKey: { apiKey: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, rateLimit: { limit: number, windowSeconds: number } | null } } };

export type MyApiKeysWithRelationsQueryVariables = Exact<{ [key: string]: never; }>;


export type MyApiKeysWithRelationsQuery = { myApiKeys: Array<{ id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, replaces: { id: string } | null, replacedBy: { id: string } | null, rateLimit: { limit: number, windowSeconds: number } | null }> };

export type MyApiKeyHistoryQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type MyApiKeyHistoryQuery = { myApiKeyHistory: { edges: Array<{ cursor: string, node: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, rateLimit: { limit: number, windowSeconds: number } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RotateApiKeyMutationVariables = Exact<{
  id: string | number;
  input?: RotateApiKeyInput | null | undefined;
}>;


export type RotateApiKeyMutation = { rotateApiKey: { plaintextKey: string, apiKey: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, replaces: { id: string } | null, rateLimit: { limit: number, windowSeconds: number } | null }, replaced: { id: string, keyPrefix: string, name: string | null, status: ApiKeyStatus, scopes: Array<string>, allowedCidrs: Array<string>, metadata: unknown, enabled: boolean, createdAt: string, expiresAt: string | null, revokedAt: string | null, revokedReason: string | null, expiresSoon: boolean, replacedBy: { id: string } | null, rateLimit: { limit: number, windowSeconds: number } | null } } };

export type AllMyApiKeysQueryVariables = Exact<{ [key: string]: never; }>;


export type AllMyApiKeysQuery = { myApiKeys: Array<{ id: string, status: ApiKeyStatus }>, myApiKeyHistory: { edges: Array<{ node: { id: string, status: ApiKeyStatus } }> } };

export type MyAuditLogQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type MyAuditLogQuery = { myAuditLog: { edges: Array<{ cursor: string, node: { id: string, at: string, action: AuditAction, ipAddress: string | null, userAgent: string | null, details: unknown, apiKey: { id: string, keyPrefix: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type AuthFragment = { accessToken: string, expiresAt: string, refreshToken: string, user: { id: string, email: string | null, createdAt: string } };

export type SignUpMutationVariables = Exact<{
  input: SignUpInput;
}>;


export type SignUpMutation = { signUp: { accessToken: string, expiresAt: string, refreshToken: string, user: { id: string, email: string | null, createdAt: string } } };

export type SignInMutationVariables = Exact<{
  input: SignInInput;
}>;


export type SignInMutation = { signIn: { accessToken: string, expiresAt: string, refreshToken: string, user: { id: string, email: string | null, createdAt: string } } };

export type RefreshSessionMutationVariables = Exact<{
  refreshToken: string;
}>;


export type RefreshSessionMutation = { refreshSession: { accessToken: string, expiresAt: string, refreshToken: string, user: { id: string, email: string | null, createdAt: string } } };

export type SignOutMutationVariables = Exact<{
  refreshToken: string;
}>;


export type SignOutMutation = { signOut: { signedOut: boolean } };

export type ChangePasswordMutationVariables = Exact<{
  input: ChangePasswordInput;
}>;


export type ChangePasswordMutation = { changePassword: { accessToken: string, expiresAt: string, refreshToken: string, user: { id: string, email: string | null, createdAt: string } } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, email: string | null, externalId: string | null, issuer: string | null, createdAt: string, disabledAt: string | null } };

export type SessionFieldsFragment = { id: string, createdAt: string, lastUsedAt: string, expiresAt: string, ipAddress: string | null, userAgent: string | null, current: boolean };

export type MySessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type MySessionsQuery = { mySessions: Array<{ id: string, createdAt: string, lastUsedAt: string, expiresAt: string, ipAddress: string | null, userAgent: string | null, current: boolean }> };

export type EndSessionMutationVariables = Exact<{
  id: string | number;
}>;


export type EndSessionMutation = { endSession: { session: { id: string, createdAt: string, lastUsedAt: string, expiresAt: string, ipAddress: string | null, userAgent: string | null, current: boolean } } };

export type ResetPasswordMutationVariables = Exact<{
  input: ResetPasswordInput;
}>;


export type ResetPasswordMutation = { resetPassword: { accessToken: string, expiresAt: string, refreshToken: string, user: { id: string, email: string | null, createdAt: string } } };

export type DeleteMyAccountMutationVariables = Exact<{
  password?: string | null | undefined;
}>;


export type DeleteMyAccountMutation = { deleteMyAccount: { deleted: boolean } };

export type VerifyApiKeyMutationVariables = Exact<{
  input: VerifyApiKeyInput;
}>;


export type VerifyApiKeyMutation = { verifyApiKey: { valid: boolean, code: VerificationCode, keyId: string | null, ownerId: string | null, name: string | null, scopes: Array<string> | null, metadata: unknown, expiresAt: string | null, rateLimit: { limit: number, remaining: number, resetsAt: string } | null } };

export type MyApiKeysWithUsageQueryVariables = Exact<{
  from: string;
  to: string;
  by?: UsageInterval;
}>;


export type MyApiKeysWithUsageQuery = { myApiKeys: Array<{ id: string, lastUsedAt: string | null, lastUsedIp: string | null, lastUsedUserAgent: string | null, usage: Array<{ start: string, allowed: number, refused: number }> }> };

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
export const KeyFragmentDoc = new TypedDocumentString(`
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}
    `, {"fragmentName":"Key"}) as unknown as TypedDocumentString<KeyFragment, unknown>;
export const AuthFragmentDoc = new TypedDocumentString(`
    fragment Auth on AuthPayload {
  accessToken
  expiresAt
  refreshToken
  user {
    id
    email
    createdAt
  }
}
    `, {"fragmentName":"Auth"}) as unknown as TypedDocumentString<AuthFragment, unknown>;
export const SessionFieldsFragmentDoc = new TypedDocumentString(`
    fragment SessionFields on Session {
  id
  createdAt
  lastUsedAt
  expiresAt
  ipAddress
  userAgent
  current
}
    `, {"fragmentName":"SessionFields"}) as unknown as TypedDocumentString<SessionFieldsFragment, unknown>;
export const MyApiKeysDocument = new TypedDocumentString(`
    query MyApiKeys {
  myApiKeys {
    ...Key
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<MyApiKeysQuery, MyApiKeysQueryVariables>;
export const MyApiKeysWithOwnerDocument = new TypedDocumentString(`
    query MyApiKeysWithOwner {
  myApiKeys {
    ...Key
    owner {
      id
      email
    }
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<MyApiKeysWithOwnerQuery, MyApiKeysWithOwnerQueryVariables>;
export const ApiKeyDocument = new TypedDocumentString(`
    query ApiKey($id: ID!) {
  apiKey(id: $id) {
    ...Key
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<ApiKeyQuery, ApiKeyQueryVariables>;
export const CreateApiKeyDocument = new TypedDocumentString(`
    mutation CreateApiKey($input: CreateApiKeyInput) {
  createApiKey(input: $input) {
    plaintextKey
    apiKey {
      ...Key
    }
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
export const RevokeApiKeyDocument = new TypedDocumentString(`
    mutation RevokeApiKey($id: ID!, $reason: String) {
  revokeApiKey(id: $id, reason: $reason) {
    apiKey {
      ...Key
    }
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>;
export const UpdateApiKeyDocument = new TypedDocumentString(`
    mutation UpdateApiKey($id: ID!, $input: UpdateApiKeyInput!) {
  updateApiKey(id: $id, input: $input) {
    apiKey {
      ...Key
    }
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<UpdateApiKeyMutation, UpdateApiKeyMutationVariables>;
export const MyApiKeysWithRelationsDocument = new TypedDocumentString(`
    query MyApiKeysWithRelations {
  myApiKeys {
    ...Key
    replaces {
      id
    }
    replacedBy {
      id
    }
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<MyApiKeysWithRelationsQuery, MyApiKeysWithRelationsQueryVariables>;
export const MyApiKeyHistoryDocument = new TypedDocumentString(`
    query MyApiKeyHistory($first: Int! = 20, $after: String) {
  myApiKeyHistory(first: $first, after: $after) {
    edges {
      cursor
      node {
        ...Key
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<MyApiKeyHistoryQuery, MyApiKeyHistoryQueryVariables>;
export const RotateApiKeyDocument = new TypedDocumentString(`
    mutation RotateApiKey($id: ID!, $input: RotateApiKeyInput) {
  rotateApiKey(id: $id, input: $input) {
    plaintextKey
    apiKey {
      ...Key
      replaces {
        id
      }
    }
    replaced {
      ...Key
      replacedBy {
        id
      }
    }
  }
}
    fragment Key on ApiKey {
  id
  keyPrefix
  name
  status
  scopes
  allowedCidrs
  rateLimit {
    limit
    windowSeconds
  }
  metadata
  enabled
  createdAt
  expiresAt
  revokedAt
  revokedReason
  expiresSoon
}`) as unknown as TypedDocumentString<RotateApiKeyMutation, RotateApiKeyMutationVariables>;
export const AllMyApiKeysDocument = new TypedDocumentString(`
    query AllMyApiKeys {
  myApiKeys {
    id
    status
  }
  myApiKeyHistory(first: 100) {
    edges {
      node {
        id
        status
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AllMyApiKeysQuery, AllMyApiKeysQueryVariables>;
export const MyAuditLogDocument = new TypedDocumentString(`
    query MyAuditLog($first: Int! = 50, $after: String) {
  myAuditLog(first: $first, after: $after) {
    edges {
      cursor
      node {
        id
        at
        action
        ipAddress
        userAgent
        details
        apiKey {
          id
          keyPrefix
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<MyAuditLogQuery, MyAuditLogQueryVariables>;
export const SignUpDocument = new TypedDocumentString(`
    mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) {
    ...Auth
  }
}
    fragment Auth on AuthPayload {
  accessToken
  expiresAt
  refreshToken
  user {
    id
    email
    createdAt
  }
}`) as unknown as TypedDocumentString<SignUpMutation, SignUpMutationVariables>;
export const SignInDocument = new TypedDocumentString(`
    mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    ...Auth
  }
}
    fragment Auth on AuthPayload {
  accessToken
  expiresAt
  refreshToken
  user {
    id
    email
    createdAt
  }
}`) as unknown as TypedDocumentString<SignInMutation, SignInMutationVariables>;
export const RefreshSessionDocument = new TypedDocumentString(`
    mutation RefreshSession($refreshToken: String!) {
  refreshSession(refreshToken: $refreshToken) {
    ...Auth
  }
}
    fragment Auth on AuthPayload {
  accessToken
  expiresAt
  refreshToken
  user {
    id
    email
    createdAt
  }
}`) as unknown as TypedDocumentString<RefreshSessionMutation, RefreshSessionMutationVariables>;
export const SignOutDocument = new TypedDocumentString(`
    mutation SignOut($refreshToken: String!) {
  signOut(refreshToken: $refreshToken) {
    signedOut
  }
}
    `) as unknown as TypedDocumentString<SignOutMutation, SignOutMutationVariables>;
export const ChangePasswordDocument = new TypedDocumentString(`
    mutation ChangePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    ...Auth
  }
}
    fragment Auth on AuthPayload {
  accessToken
  expiresAt
  refreshToken
  user {
    id
    email
    createdAt
  }
}`) as unknown as TypedDocumentString<ChangePasswordMutation, ChangePasswordMutationVariables>;
export const MeDocument = new TypedDocumentString(`
    query Me {
  me {
    id
    email
    externalId
    issuer
    createdAt
    disabledAt
  }
}
    `) as unknown as TypedDocumentString<MeQuery, MeQueryVariables>;
export const MySessionsDocument = new TypedDocumentString(`
    query MySessions {
  mySessions {
    ...SessionFields
  }
}
    fragment SessionFields on Session {
  id
  createdAt
  lastUsedAt
  expiresAt
  ipAddress
  userAgent
  current
}`) as unknown as TypedDocumentString<MySessionsQuery, MySessionsQueryVariables>;
export const EndSessionDocument = new TypedDocumentString(`
    mutation EndSession($id: ID!) {
  endSession(id: $id) {
    session {
      ...SessionFields
    }
  }
}
    fragment SessionFields on Session {
  id
  createdAt
  lastUsedAt
  expiresAt
  ipAddress
  userAgent
  current
}`) as unknown as TypedDocumentString<EndSessionMutation, EndSessionMutationVariables>;
export const ResetPasswordDocument = new TypedDocumentString(`
    mutation ResetPassword($input: ResetPasswordInput!) {
  resetPassword(input: $input) {
    ...Auth
  }
}
    fragment Auth on AuthPayload {
  accessToken
  expiresAt
  refreshToken
  user {
    id
    email
    createdAt
  }
}`) as unknown as TypedDocumentString<ResetPasswordMutation, ResetPasswordMutationVariables>;
export const DeleteMyAccountDocument = new TypedDocumentString(`
    mutation DeleteMyAccount($password: String) {
  deleteMyAccount(password: $password) {
    deleted
  }
}
    `) as unknown as TypedDocumentString<DeleteMyAccountMutation, DeleteMyAccountMutationVariables>;
export const VerifyApiKeyDocument = new TypedDocumentString(`
    mutation VerifyApiKey($input: VerifyApiKeyInput!) {
  verifyApiKey(input: $input) {
    valid
    code
    keyId
    ownerId
    name
    scopes
    metadata
    expiresAt
    rateLimit {
      limit
      remaining
      resetsAt
    }
  }
}
    `) as unknown as TypedDocumentString<VerifyApiKeyMutation, VerifyApiKeyMutationVariables>;
export const MyApiKeysWithUsageDocument = new TypedDocumentString(`
    query MyApiKeysWithUsage($from: DateTime!, $to: DateTime!, $by: UsageInterval! = DAY) {
  myApiKeys {
    id
    lastUsedAt
    lastUsedIp
    lastUsedUserAgent
    usage(from: $from, to: $to, by: $by) {
      start
      allowed
      refused
    }
  }
}
    `) as unknown as TypedDocumentString<MyApiKeysWithUsageQuery, MyApiKeysWithUsageQueryVariables>;