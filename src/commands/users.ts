import { parseArgs } from 'node:util';
import type { User } from '../auth/users.js';
import type { OperatorService, UserOverview } from '../operator/service.js';
import { argumentOrInput, createOperator, keyRecord } from './operator.js';
import { type OutputRecord, unescapeAddress, writeRecords } from './output.js';
import { readArguments, runCommand, UsageError } from './run-command.js';

const USAGE = `Usage: npm run users -- COMMAND [--json]

  list                          all users
  show EMAIL                    one user
  create EMAIL                  makes a user, and a token to set the password with
  reset-token EMAIL             makes a token to set a new password with: resetPassword takes it once, within an hour
  disable EMAIL                 refuses the user's tokens and keys from the next request on
  enable EMAIL                  lets the user in again, and the keys
  keys EMAIL                    the user's keys
  revoke KEY_ID_OR_PREFIX       revokes a key; - reads it from standard input
  whose KEY_OR_PREFIX           whose key it is; - reads it from standard input, so that it stays out of the shell's history

  --json                        one JSON object a line

In an EMAIL, \\u{430} stands for the sign with this code point. list and show write what is not ASCII in this way.`;

const userRecord = (user: User): OutputRecord => ({
  id: user.id,
  email: user.email,
  createdAt: user.createdAt,
  disabledAt: user.disabledAt,
  hasPassword: user.passwordHash !== null,
  issuer: user.issuer,
});

async function* overviewRecords(overviews: AsyncIterable<UserOverview>): AsyncGenerator<OutputRecord> {
  for await (const { user, keys } of overviews) yield { ...userRecord(user), keys };
}

/** What can be done, each with what it tells. */
const COMMANDS: Record<string, (operator: OperatorService, argument: string) => Promise<AsyncIterable<OutputRecord> | OutputRecord[]>> = {
  list: async (operator) => overviewRecords(operator.list()),
  show: async (operator, email) => {
    const { user, ...rest } = await operator.show(email);
    return [{ ...userRecord(user), ...rest }];
  },
  create: async (operator, email) => {
    const { user, resetToken } = await operator.create(email);
    return [{ ...userRecord(user), resetToken: resetToken.token, resetTokenExpiresAt: resetToken.expiresAt }];
  },
  'reset-token': async (operator, email) => {
    const { token, expiresAt } = await operator.issueResetToken(email);
    return [{ resetToken: token, resetTokenExpiresAt: expiresAt }];
  },
  disable: async (operator, email) => [userRecord(await operator.disable(email))],
  enable: async (operator, email) => [userRecord(await operator.enable(email))],
  keys: async (operator, email) => (await operator.keys(email)).map((key) => keyRecord(key, operator)),
  revoke: async (operator, key) => [keyRecord(await operator.revoke(await argumentOrInput(key)), operator)],
  whose: async (operator, key) => {
    const { owner, apiKey, isGenuine } = await operator.whose(await argumentOrInput(key));
    return [{ email: owner.email, userId: owner.id, ...keyRecord(apiKey, operator), isGenuine }];
  },
};

function parse() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } });
  const [name = '', argument, ...more] = positionals;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError('A command must be named.');
  if (more.length > 0 || (name === 'list') !== (argument === undefined)) throw new UsageError(`${name}: too few arguments, or too many.`);
  return { command, argument: argument ?? '', asJson: values.json };
}

const { command, argument, asJson } = readArguments(USAGE, parse);
await runCommand(async (context) => {
  await writeRecords(await command(createOperator(context), unescapeAddress(argument)), asJson);
  return 0;
});
