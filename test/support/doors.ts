import { CreateApiKeyDocument, type CreateApiKeyInput, VerifyApiKeyDocument } from '../generated/graphql.js';
import { runSql } from './database.js';
import type { Answer, TestApp } from './test-app.js';

/** What is asked at either door. */
export interface Question {
  key: string;
  scopes?: string[];
  ipAddress?: string;
}

/** The two ways to ask whether a key may pass: each tells the code of the outcome and the key's id where it is told. */
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

/** A key of a new user, with what it takes to change its row behind the server's back. */
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

/** Makes a key what an import leaves behind: bcrypt's hash and no fingerprint. */
export const forgetFingerprint = (app: TestApp, id: string) =>
  runSql(app.databaseUrl, 'UPDATE api_keys SET fingerprint = NULL WHERE id = $1', [id]);

/** @returns the one data of an answer that must have it */
export function dataOf<Data>(answer: Answer<Data>): Data {
  if (!answer.data) throw new Error(`no data: ${answer.text}`);
  return answer.data;
}
