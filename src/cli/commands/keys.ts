import { text } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import type { KeywardCommand } from '../keyward-command.js';
import type { OperatorService } from '../operator-service.js';
import { type OutputRecord, unescapeAddress } from '../output.js';
import { keyRecord, ownedKeyRecord } from '../records.js';

const DAYS_MAX = 3_650;

const KEY = 'ID, key prefix or plaintext of the key. - reads it from standard input, so that it is not in the shell’s history.';

function readDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX) throw new InvalidArgumentError(`It must be from 1 to ${DAYS_MAX}.`);
  return days;
}

/** Returns the argument, or standard input for `-`. */
const argumentOrInput = async (argument: string): Promise<string> => (argument === '-' ? text(process.stdin) : argument);

async function* expiringRecords(operator: OperatorService, days: number): AsyncGenerator<OutputRecord> {
  for await (const { apiKey, state, owner } of operator.expiring(days)) yield ownedKeyRecord(apiKey, state, owner);
}

/** Adds `keyward keys`. */
export function addKeysCommands(program: KeywardCommand): void {
  const keys = program.command('keys').description('Lists, revokes and finds API keys.').example('keyward keys revoke amos_1a2b3c4d');
  keys
    .command('list')
    .description('Lists the keys of a user, including revoked and expired ones. The newest key is first.')
    .argument('<user>', 'ID, external id or email address of the user.', unescapeAddress)
    .example('keyward keys list ada@example.com')
    .prints(async ({ operator }, { args: [user = ''] }) =>
      Promise.all((await operator.keys(user)).map(async (key) => keyRecord(key, await operator.stateOf(key)))),
    );
  keys
    .command('expiring')
    .description('Lists the usable keys that expire soon, with their owners. The key that expires first is first.')
    .option('--days <days>', `Period in days, from 1 to ${DAYS_MAX}. The default is EXPIRY_WARNING_DAYS.`, readDays)
    .example('keyward keys expiring --days 14 --json')
    .prints<{ days?: number }>(async ({ operator, config }, { options: { days = config.expiryWarningDays } }) =>
      expiringRecords(operator, days),
    );
  keys
    .command('revoke')
    .description('Revokes a key permanently. The next verification rejects it.')
    .argument('<key>', KEY)
    .example('keyward keys revoke amos_1a2b3c4d')
    .prints(async ({ operator }, { args: [key = ''] }) => {
      const revoked = await operator.revoke(await argumentOrInput(key));
      return keyRecord(revoked, await operator.stateOf(revoked));
    });
  keys
    .command('find-owner')
    .description('Shows a key and its owner. For a plaintext key, isGenuine says whether its secret is correct.')
    .argument('<key>', KEY)
    .example('keyward keys find-owner - < leaked-key.txt')
    .prints(async ({ operator }, { args: [key = ''] }) => {
      const { owner, apiKey, isGenuine } = await operator.findOwner(await argumentOrInput(key));
      return { ...ownedKeyRecord(apiKey, await operator.stateOf(apiKey), owner), isGenuine };
    });
}
