import { randomBytes } from 'node:crypto';
import type { RequestOptions, TestApp } from './test-app.js';

/** A service of the product in a test. */
export interface TestService {
  name: string;
  token: string;
}

/** Creates a service token with a name of its own. */
export async function newService(
  app: TestApp,
  permissions: readonly string[],
  options: { cidrs?: string[]; expiresAt?: Date; name?: string } = {},
): Promise<TestService> {
  const { name = `s-${randomBytes(6).toString('hex')}`, cidrs = [], expiresAt = null } = options;
  const { plaintextToken } = await app.serviceTokens.create({ name, permissions, cidrs, expiresAt });
  return { name, token: plaintextToken };
}

/** Returns the options of a request with which a service acts for a user. */
export const actingFor = ({ token }: TestService, externalId: string, headers: Record<string, string> = {}): RequestOptions => ({
  token,
  headers: { 'x-keyward-on-behalf-of': encodeURIComponent(externalId), ...headers },
});

let users = 0;

/** Returns an external id that no user of any test has. */
export const newExternalId = (): string => {
  users += 1;
  return `user-${users}-${randomBytes(4).toString('hex')}`;
};
