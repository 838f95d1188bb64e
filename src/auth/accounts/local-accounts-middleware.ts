import type { MiddlewareFn } from 'type-graphql';
import type { AuthContext } from '../auth-context.js';
import { accountKeptElsewhere } from './users.js';

/**
 * Rejects the mutations of a resolver if an identity provider manages all accounts, because they are for accounts with a
 * password. It runs before any argument of the request is checked.
 */
export const LocalAccountsOnly: MiddlewareFn<AuthContext> = async ({ context, info }, next) => {
  if (!context.localAccounts && info.operation.operation === 'mutation') throw accountKeptElsewhere();
  return next();
};
