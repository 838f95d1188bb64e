import type { MiddlewareFn } from 'type-graphql';
import type { AuthContext } from '../auth-context.js';
import { accountKeptElsewhere } from './users.js';

/**
 * On a resolver: its mutations are for accounts with a password, and are closed where an identity provider keeps all
 * accounts. They are refused before anything of the request is looked at.
 */
export const LocalAccountsOnly: MiddlewareFn<AuthContext> = async ({ context, info }, next) => {
  if (!context.localAccounts && info.operation.operation === 'mutation') throw accountKeptElsewhere();
  return next();
};
