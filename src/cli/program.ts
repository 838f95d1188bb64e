import { VERSION } from '../platform/version.js';
import { addAuditCommands } from './commands/audit.js';
import { addCacheCommands } from './commands/cache.js';
import { addImportCommand } from './commands/import.js';
import { addKeysCommands } from './commands/keys.js';
import { addPoliciesCommands } from './commands/policies.js';
import { addSecretsCommands } from './commands/secrets.js';
import { addServeCommand } from './commands/serve.js';
import { addServiceTokensCommands } from './commands/service-tokens.js';
import { addUsersCommands } from './commands/users.js';
import { addWebhooksCommands } from './commands/webhooks.js';
import { KeywardCommand } from './keyward-command.js';

/** The commands, in the order of the help. */
const COMMANDS = [
  addServeCommand,
  addUsersCommands,
  addKeysCommands,
  addServiceTokensCommands,
  addPoliciesCommands,
  addWebhooksCommands,
  addImportCommand,
  addSecretsCommands,
  addAuditCommands,
  addCacheCommands,
];

const NOTES = `
The commands read the same settings from the environment as the server. They also work while
the server is running.

Exit codes: 0 success, 1 error, 2 wrong arguments, 128 + N ended by signal N.`;

/** Creates the `keyward` command with its subcommands. */
export function createProgram(): KeywardCommand {
  const program = new KeywardCommand('keyward')
    .description('Self-hosted server that gives the users of your product their own API keys.')
    .version(VERSION, '-V, --version', 'Prints the version.')
    .example('keyward users show ada@example.com')
    .addHelpText('after', NOTES);
  for (const add of COMMANDS) add(program);
  return program;
}
