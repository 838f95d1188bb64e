import { randomUUID } from 'node:crypto';
import type { ServiceTokens } from '../../src/auth/service-tokens/service-tokens.js';
import type { NewUser, TestApp } from './test-app.js';

const PERMISSIONS = ['users:act', 'users:read', 'users:write', 'keys:read', 'audit:read'];

const UPSERT =
  'mutation ($externalId: String!, $email: String) { upsertUser(input: { externalId: $externalId, email: $email }) { user { id email createdAt } } }';

/**
 * Returns whether the users of the tests have no session: a service acts for them. test/by-service.test.ts sets the switch, so that
 * the tests of operations on keys run a second time.
 */
export const isByService = (): boolean => process.env.TEST_CALLER === 'service';

/** Returns the number of queries that authenticate a caller: one for a session and its user, or two for a service and the user. */
export const callerQueries = (): number => (isByService() ? 2 : 1);

/** The headers that each token of a user stands for, in every app of a test. */
const headersByToken = new Map<string, Record<string, string>>();

/** Returns the headers with the credentials of a caller: a token of a session, or a token that `ActingService` returned. */
export const credentialsOf = (token: string | undefined): Record<string, string> =>
  headersByToken.get(token ?? '') ?? (token ? { authorization: `Bearer ${token}` } : {});

/** A service that sends the requests of users, in place of their sessions. */
export class ActingService {
  readonly #token: string;

  private constructor(token: string) {
    this.#token = token;
  }

  static async create(serviceTokens: ServiceTokens): Promise<ActingService> {
    const name = `acting-${randomUUID()}`;
    const { plaintextToken } = await serviceTokens.create({ name, permissions: PERMISSIONS, cidrs: [], expiresAt: null });
    return new ActingService(plaintextToken);
  }

  /** Creates a user without a session. Its access token stands for the credentials of the service. */
  async newUser(email: string, send: TestApp['send']): Promise<NewUser> {
    const externalId = `product-${randomUUID()}`;
    const { data, text } = await send<{ upsertUser: { user: NewUser['user'] } }, object>(
      UPSERT,
      { externalId, email },
      { token: this.#token },
    );
    if (!data) throw new Error(`unexpected errors: ${text}`);
    const accessToken = `acting-for-${externalId}`;
    headersByToken.set(accessToken, { authorization: `Bearer ${this.#token}`, 'x-keyward-on-behalf-of': externalId });
    return { accessToken, refreshToken: '', expiresAt: new Date().toISOString(), user: data.upsertUser.user };
  }
}
