/* eslint-disable */
import * as types from './graphql.js';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "fragment Key on ApiKey {\n  id\n  keyPrefix\n  name\n  status\n  scopes\n  allowedCidrs\n  rateLimit {\n    limit\n    windowSeconds\n  }\n  metadata\n  enabled\n  createdAt\n  expiresAt\n  revokedAt\n  revokedReason\n}\n\nquery MyApiKeys {\n  myApiKeys {\n    ...Key\n  }\n}\n\nquery MyApiKeysWithOwner {\n  myApiKeys {\n    ...Key\n    owner {\n      id\n      email\n    }\n  }\n}\n\nquery ApiKey($id: ID!) {\n  apiKey(id: $id) {\n    ...Key\n  }\n}\n\nmutation CreateApiKey($input: CreateApiKeyInput) {\n  createApiKey(input: $input) {\n    plaintextKey\n    apiKey {\n      ...Key\n    }\n  }\n}\n\nmutation RevokeApiKey($id: ID!, $reason: String) {\n  revokeApiKey(id: $id, reason: $reason) {\n    apiKey {\n      ...Key\n    }\n  }\n}\n\nmutation UpdateApiKey($id: ID!, $input: UpdateApiKeyInput!) {\n  updateApiKey(id: $id, input: $input) {\n    apiKey {\n      ...Key\n    }\n  }\n}": typeof types.KeyFragmentDoc,
    "fragment Auth on AuthPayload {\n  accessToken\n  expiresAt\n  refreshToken\n  user {\n    id\n    email\n    createdAt\n  }\n}\n\nmutation SignUp($input: SignUpInput!) {\n  signUp(input: $input) {\n    ...Auth\n  }\n}\n\nmutation SignIn($input: SignInInput!) {\n  signIn(input: $input) {\n    ...Auth\n  }\n}\n\nmutation RefreshSession($refreshToken: String!) {\n  refreshSession(refreshToken: $refreshToken) {\n    ...Auth\n  }\n}\n\nmutation SignOut($refreshToken: String!) {\n  signOut(refreshToken: $refreshToken) {\n    signedOut\n  }\n}\n\nmutation ChangePassword($input: ChangePasswordInput!) {\n  changePassword(input: $input) {\n    ...Auth\n  }\n}\n\nquery Me {\n  me {\n    id\n    email\n    createdAt\n  }\n}": typeof types.AuthFragmentDoc,
    "mutation VerifyApiKey($input: VerifyApiKeyInput!) {\n  verifyApiKey(input: $input) {\n    valid\n    code\n    keyId\n    ownerId\n    name\n    scopes\n    metadata\n    expiresAt\n    rateLimit {\n      limit\n      remaining\n      resetsAt\n    }\n  }\n}\n\nquery MyApiKeysWithUsage($from: DateTime!, $to: DateTime!, $by: UsageInterval! = DAY) {\n  myApiKeys {\n    id\n    lastUsedAt\n    lastUsedIp\n    lastUsedUserAgent\n    usage(from: $from, to: $to, by: $by) {\n      start\n      allowed\n      refused\n    }\n  }\n}": typeof types.VerifyApiKeyDocument,
};
const documents: Documents = {
    "fragment Key on ApiKey {\n  id\n  keyPrefix\n  name\n  status\n  scopes\n  allowedCidrs\n  rateLimit {\n    limit\n    windowSeconds\n  }\n  metadata\n  enabled\n  createdAt\n  expiresAt\n  revokedAt\n  revokedReason\n}\n\nquery MyApiKeys {\n  myApiKeys {\n    ...Key\n  }\n}\n\nquery MyApiKeysWithOwner {\n  myApiKeys {\n    ...Key\n    owner {\n      id\n      email\n    }\n  }\n}\n\nquery ApiKey($id: ID!) {\n  apiKey(id: $id) {\n    ...Key\n  }\n}\n\nmutation CreateApiKey($input: CreateApiKeyInput) {\n  createApiKey(input: $input) {\n    plaintextKey\n    apiKey {\n      ...Key\n    }\n  }\n}\n\nmutation RevokeApiKey($id: ID!, $reason: String) {\n  revokeApiKey(id: $id, reason: $reason) {\n    apiKey {\n      ...Key\n    }\n  }\n}\n\nmutation UpdateApiKey($id: ID!, $input: UpdateApiKeyInput!) {\n  updateApiKey(id: $id, input: $input) {\n    apiKey {\n      ...Key\n    }\n  }\n}": types.KeyFragmentDoc,
    "fragment Auth on AuthPayload {\n  accessToken\n  expiresAt\n  refreshToken\n  user {\n    id\n    email\n    createdAt\n  }\n}\n\nmutation SignUp($input: SignUpInput!) {\n  signUp(input: $input) {\n    ...Auth\n  }\n}\n\nmutation SignIn($input: SignInInput!) {\n  signIn(input: $input) {\n    ...Auth\n  }\n}\n\nmutation RefreshSession($refreshToken: String!) {\n  refreshSession(refreshToken: $refreshToken) {\n    ...Auth\n  }\n}\n\nmutation SignOut($refreshToken: String!) {\n  signOut(refreshToken: $refreshToken) {\n    signedOut\n  }\n}\n\nmutation ChangePassword($input: ChangePasswordInput!) {\n  changePassword(input: $input) {\n    ...Auth\n  }\n}\n\nquery Me {\n  me {\n    id\n    email\n    createdAt\n  }\n}": types.AuthFragmentDoc,
    "mutation VerifyApiKey($input: VerifyApiKeyInput!) {\n  verifyApiKey(input: $input) {\n    valid\n    code\n    keyId\n    ownerId\n    name\n    scopes\n    metadata\n    expiresAt\n    rateLimit {\n      limit\n      remaining\n      resetsAt\n    }\n  }\n}\n\nquery MyApiKeysWithUsage($from: DateTime!, $to: DateTime!, $by: UsageInterval! = DAY) {\n  myApiKeys {\n    id\n    lastUsedAt\n    lastUsedIp\n    lastUsedUserAgent\n    usage(from: $from, to: $to, by: $by) {\n      start\n      allowed\n      refused\n    }\n  }\n}": types.VerifyApiKeyDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment Key on ApiKey {\n  id\n  keyPrefix\n  name\n  status\n  scopes\n  allowedCidrs\n  rateLimit {\n    limit\n    windowSeconds\n  }\n  metadata\n  enabled\n  createdAt\n  expiresAt\n  revokedAt\n  revokedReason\n}\n\nquery MyApiKeys {\n  myApiKeys {\n    ...Key\n  }\n}\n\nquery MyApiKeysWithOwner {\n  myApiKeys {\n    ...Key\n    owner {\n      id\n      email\n    }\n  }\n}\n\nquery ApiKey($id: ID!) {\n  apiKey(id: $id) {\n    ...Key\n  }\n}\n\nmutation CreateApiKey($input: CreateApiKeyInput) {\n  createApiKey(input: $input) {\n    plaintextKey\n    apiKey {\n      ...Key\n    }\n  }\n}\n\nmutation RevokeApiKey($id: ID!, $reason: String) {\n  revokeApiKey(id: $id, reason: $reason) {\n    apiKey {\n      ...Key\n    }\n  }\n}\n\nmutation UpdateApiKey($id: ID!, $input: UpdateApiKeyInput!) {\n  updateApiKey(id: $id, input: $input) {\n    apiKey {\n      ...Key\n    }\n  }\n}"): typeof import('./graphql.js').KeyFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment Auth on AuthPayload {\n  accessToken\n  expiresAt\n  refreshToken\n  user {\n    id\n    email\n    createdAt\n  }\n}\n\nmutation SignUp($input: SignUpInput!) {\n  signUp(input: $input) {\n    ...Auth\n  }\n}\n\nmutation SignIn($input: SignInInput!) {\n  signIn(input: $input) {\n    ...Auth\n  }\n}\n\nmutation RefreshSession($refreshToken: String!) {\n  refreshSession(refreshToken: $refreshToken) {\n    ...Auth\n  }\n}\n\nmutation SignOut($refreshToken: String!) {\n  signOut(refreshToken: $refreshToken) {\n    signedOut\n  }\n}\n\nmutation ChangePassword($input: ChangePasswordInput!) {\n  changePassword(input: $input) {\n    ...Auth\n  }\n}\n\nquery Me {\n  me {\n    id\n    email\n    createdAt\n  }\n}"): typeof import('./graphql.js').AuthFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation VerifyApiKey($input: VerifyApiKeyInput!) {\n  verifyApiKey(input: $input) {\n    valid\n    code\n    keyId\n    ownerId\n    name\n    scopes\n    metadata\n    expiresAt\n    rateLimit {\n      limit\n      remaining\n      resetsAt\n    }\n  }\n}\n\nquery MyApiKeysWithUsage($from: DateTime!, $to: DateTime!, $by: UsageInterval! = DAY) {\n  myApiKeys {\n    id\n    lastUsedAt\n    lastUsedIp\n    lastUsedUserAgent\n    usage(from: $from, to: $to, by: $by) {\n      start\n      allowed\n      refused\n    }\n  }\n}"): typeof import('./graphql.js').VerifyApiKeyDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
