import type { KeywardCommand } from '../keyward-command.js';
import { unescapeAddress, writeDocument } from '../output.js';
import { overviewRecords, userRecord } from '../records.js';

const USER = 'ID, external id or email address of the user.';

const ADDRESSES = `
In an email address, \\u{430} stands for the character with this code point. The commands print
characters outside ASCII in this form, because different characters can look the same.`;

/** Adds a command for one user. */
const userCommand = (users: KeywardCommand, name: string, description: string): KeywardCommand =>
  users.command(name).description(description).argument('<user>', USER, unescapeAddress).example(`keyward users ${name} ada@example.com`);

function addReaders(users: KeywardCommand): void {
  users
    .command('list')
    .description('Lists all users with the number of their usable keys.')
    .example('keyward users list --json')
    .prints(async ({ operator }) => overviewRecords(operator.list()));
  userCommand(users, 'show', 'Shows one user with sessions and last sign-in.').prints(async ({ operator }, { args: [user = ''] }) => {
    const { user: found, ...rest } = await operator.show(user);
    return { ...userRecord(found), ...rest };
  });
  userCommand(
    users,
    'export',
    'Prints a user as one JSON document: account, sessions, portal sessions, keys, usage, idempotency keys and audit log. It contains no password, key, token or hash.',
  ).runs(async ({ operator }, { args: [user = ''] }) => {
    writeDocument(await operator.export(user));
    return 0;
  });
}

function addWriters(users: KeywardCommand): void {
  users
    .command('create')
    .description('Creates a user without a password, and a token with which the user sets one.')
    .argument('<email>', 'Email address of the user.', unescapeAddress)
    .example('keyward users create ada@example.com')
    .prints(async ({ operator }, { args: [email = ''] }) => {
      const { user, resetToken } = await operator.create(email);
      return { ...userRecord(user), resetToken: resetToken.token, resetTokenExpiresAt: resetToken.expiresAt };
    });
  userCommand(
    users,
    'reset-token',
    'Creates a token with which the user sets a new password. It is valid once, within one hour, for resetPassword.',
  ).prints(async ({ operator }, { args: [user = ''] }) => {
    const { token, expiresAt } = await operator.issueResetToken(user);
    return { resetToken: token, resetTokenExpiresAt: expiresAt };
  });
  addSetPolicy(users);
  userCommand(users, 'disable', 'Disables a user. The user’s tokens and keys are rejected from the next request.').prints(
    async ({ operator }, { args: [user = ''] }) => userRecord(await operator.disable(user)),
  );
  userCommand(users, 'enable', 'Enables a disabled user. The user can sign in again, and the keys are valid again.').prints(
    async ({ operator }, { args: [user = ''] }) => userRecord(await operator.enable(user)),
  );
  userCommand(
    users,
    'end-sessions',
    'Ends every session that a user opened by a sign-in at Keyward. Their tokens are rejected from the next request.',
  ).prints(async ({ operator }, { args: [user = ''] }) => {
    const { user: found, sessions } = await operator.endSessions(user);
    return { ...userRecord(found), sessionsEnded: sessions };
  });
  userCommand(
    users,
    'delete',
    'Deletes a user with keys, sessions and usage, without confirmation. The audit log of the user is kept.',
  ).prints(async ({ operator }, { args: [user = ''] }) => {
    const { user: deleted, ...rest } = await operator.delete(user);
    return { ...userRecord(deleted), ...rest, deleted: true };
  });
}

function addSetPolicy(users: KeywardCommand): void {
  userCommand(
    users,
    'set-policy',
    'Sets the policy of a user, with effect from the next verification. Give the name of a policy, or --none.',
  )
    .argument('[policy]', 'Name of the policy.')
    .option('--none', 'Leaves the user without a policy of their own.')
    .hook('preAction', (_users, command) => {
      if ((command.args[1] === undefined) === (command.opts().none !== true)) command.error('give either the name of a policy or --none');
    })
    .prints(async ({ operator, policies }, { args: [user = '', policy] }) => {
      const { user: found } = await operator.show(user);
      return { ...userRecord(await policies.assign(found.id, policy ?? null)), policy: policy ?? null };
    });
}

function addChangeIssuer(users: KeywardCommand): void {
  users
    .command('change-issuer')
    .description(
      'Records that the external ids belong to another AUTH_ISSUER. With this command you confirm that each external id means ' +
        'the same person at both issuers.',
    )
    .argument('<old>', 'Recorded issuer, or product for the external ids of your own product.')
    .argument('<new>', 'New issuer.')
    .example('keyward users change-issuer https://old.example.com/ https://new.example.com/')
    .hook('preAction', async (_users, command) => {
      const { issuerFault } = await import('../../config-forms.js');
      const problem = issuerFault(command.args[1] ?? '');
      if (problem !== null) command.error(`<new> ${problem}`);
    })
    .prints(async ({ operator }, { args: [from = '', to = ''] }) => ({
      externalIdIssuer: to,
      users: await operator.changeIssuer(from, to),
    }));
}

/** Adds `keyward users`. */
export function addUsersCommands(program: KeywardCommand): void {
  const users = program
    .command('users')
    .description('Manages users and their access.')
    .example('keyward users disable ada@example.com')
    .addHelpText('after', ADDRESSES);
  addReaders(users);
  addWriters(users);
  addChangeIssuer(users);
}
