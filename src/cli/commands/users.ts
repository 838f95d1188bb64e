import { parseArgs } from 'node:util';
import type { User } from '../../auth/accounts/users.js';
import { changeExternalIdIssuer } from '../../auth/external/id-namespace.js';
import { issuerFault } from '../../config-forms.js';
import { argumentOrInput, createOperator, keyRecord } from '../operator.js';
import type { OperatorService, UserOverview } from '../operator-service.js';
import { type OutputRecord, unescapeAddress, writeRecords } from '../output.js';
import { type CommandContext, readArguments, runCommand, UsageError } from '../run-command.js';

const USAGE = `Usage: npm run users -- COMMAND [--json]

USER is an id, an email address or an external id: the product's or identity provider's id of the user.

  list                          all users
  show USER                     one user
  create EMAIL                  creates a user, and a token to set the password with
  reset-token USER              creates a token to set a new password with: resetPassword takes it once, within an hour
  disable USER                  rejects the user's tokens and keys from the next request on
  enable USER                   lets the user in again, and the keys
  delete USER                   deletes the user with keys, sessions and usage; the audit log stays
  keys USER                     the user's keys
  revoke KEY_ID_OR_PREFIX       revokes a key; - reads it from standard input
  whose KEY_OR_PREFIX           whose key it is; - reads it from standard input, so that it stays out of the shell's history
  change-issuer OLD NEW         records that the external ids belong to another AUTH_ISSUER, where each means the same person

  --json                        one JSON object a line

In an EMAIL, \\u{430} stands for the sign with this code point. list and show write what is not ASCII in this way.`;

const userRecord = (user: User): OutputRecord => ({
  id: user.id,
  email: user.email,
  externalId: user.externalId,
  createdAt: user.createdAt,
  disabledAt: user.disabledAt,
  hasPassword: user.passwordHash !== null,
});

async function* overviewRecords(overviews: AsyncIterable<UserOverview>): AsyncGenerator<OutputRecord> {
  for await (const { user, keys } of overviews) yield { ...userRecord(user), keys };
}

type Run = (operator: OperatorService, argument: string) => Promise<AsyncIterable<OutputRecord> | OutputRecord[]>;

/** What can be done about one thing, each with what it prints. */
const COMMANDS: Record<string, Run> = {
  list: async (operator) => overviewRecords(operator.list()),
  show: async (operator, text) => {
    const { user, ...rest } = await operator.show(text);
    return [{ ...userRecord(user), ...rest }];
  },
  create: async (operator, email) => {
    const { user, resetToken } = await operator.create(email);
    return [{ ...userRecord(user), resetToken: resetToken.token, resetTokenExpiresAt: resetToken.expiresAt }];
  },
  'reset-token': async (operator, text) => {
    const { token, expiresAt } = await operator.issueResetToken(text);
    return [{ resetToken: token, resetTokenExpiresAt: expiresAt }];
  },
  disable: async (operator, text) => [userRecord(await operator.disable(text))],
  enable: async (operator, text) => [userRecord(await operator.enable(text))],
  delete: async (operator, text) => {
    const { user, ...rest } = await operator.delete(text);
    return [{ ...userRecord(user), ...rest, deleted: true }];
  },
  keys: async (operator, text) => (await operator.keys(text)).map((key) => keyRecord(key, operator)),
  revoke: async (operator, key) => [keyRecord(await operator.revoke(await argumentOrInput(key)), operator)],
  whose: async (operator, key) => {
    const { owner, apiKey, isGenuine } = await operator.whose(await argumentOrInput(key));
    return [{ email: owner.email, externalId: owner.externalId, userId: owner.id, ...keyRecord(apiKey, operator), isGenuine }];
  },
};

type Command = (context: CommandContext) => Promise<AsyncIterable<OutputRecord> | OutputRecord[]>;

function readChangeIssuer([from, to, ...more]: string[]): Command {
  if (from === undefined || to === undefined || more.length > 0) throw new UsageError('change-issuer: the old and the new issuer.');
  const fault = issuerFault(to);
  if (fault !== null) throw new UsageError(`NEW ${fault}.`);
  return async ({ database }) => [{ externalIdIssuer: to, users: await changeExternalIdIssuer(database, from, to) }];
}

function parse() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } });
  const [name = '', ...rest] = positionals;
  if (name === 'change-issuer') return { command: readChangeIssuer(rest), asJson: values.json };
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!run) throw new UsageError('A command must be named.');
  const [argument = ''] = rest;
  if (rest.length !== (name === 'list' ? 0 : 1)) throw new UsageError(`${name}: too few arguments, or too many.`);
  const command: Command = (context) => run(createOperator(context), unescapeAddress(argument));
  return { command, asJson: values.json };
}

const { command, asJson } = readArguments(USAGE, parse);
await runCommand(async (context) => {
  await writeRecords(await command(context), asJson);
  return 0;
});
