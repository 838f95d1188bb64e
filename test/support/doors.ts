import { CreateApiKeyDocument, type CreateApiKeyInput, VerifyApiKeyDocument } from '../generated/graphql.js';
import { runSql } from './database.js';
import type { Answer, TestApp } from './test-app.js';

/** A verification to send to either endpoint. */
export interface Question {
  key: string;
  scopes?: string[];
  ipAddress?: string;
}

/** The two ways to verify a key. Each returns the code of the outcome, and the key’s id if the response contains it. */
export const DOORS: Readonly<Record<string, (app: TestApp, question: Question) => Promise<{ code: string; keyId: string | null }>>> = {
  verifyApiKey: async (app, { key, scopes, ipAddress }) => {
    const input = { key, ...(scopes && { scopes }), ...(ipAddress && { ipAddress }) };
    const { verifyApiKey } = await app.ask(VerifyApiKeyDocument, { input }, undefined);
    if (verifyApiKey.valid !== (verifyApiKey.code === 'VALID')) throw new Error('valid and code disagree');
    return { code: verifyApiKey.code, keyId: verifyApiKey.keyId ?? null };
  },
  '/verify': async (app, { key, scopes = [], ipAddress = '127.0.0.1' }) => {
    const query = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]));
    const response = await app.http.inject({
      url: `/verify?${query}`,
      headers: { 'x-api-key': key },
      remoteAddress: ipAddress,
    });
    const { code } = response.json();
    return { code, keyId: response.headers['x-keyward-key-id']?.toString() ?? null };
  },
};

/** A key of a new user, with the ids that are needed to change its row directly in the database. */
export interface MadeKey {
  id: string;
  key: string;
  userId: string;
  token: string;
}

export async function newKey(app: TestApp, input: CreateApiKeyInput = {}): Promise<MadeKey> {
  const { accessToken, user } = await app.newUser();
  const { createApiKey } = await app.ask(CreateApiKeyDocument, { input }, accessToken);
  return { id: createApiKey.apiKey.id, key: createApiKey.plaintextKey, userId: user.id, token: accessToken };
}

/** Changes a key to the state that an import leaves: the bcrypt hash and no fingerprint. */
export const forgetFingerprint = (app: TestApp, id: string) =>
  runSql(app.databaseUrl, 'UPDATE api_keys SET fingerprint = NULL WHERE id = $1', [id]);

/** Returns the only data of a response that must have data. */
export function dataOf<Data>(answer: Answer<Data>): Data {
  if (!answer.data) throw new Error(`no data: ${answer.text}`);
  return answer.data;
}
