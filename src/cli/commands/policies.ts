import { InvalidArgumentError } from 'commander';
import type { RateLimit } from '../../policies/limit-settings.js';
import type { PolicySettings } from '../../policies/policy-settings.js';
import { readList } from '../argument-readers.js';
import type { KeywardCommand } from '../keyward-command.js';
import { plannedRecord, policyRecord } from '../policy-records.js';

/** The options of `create` and `update`. */
interface PolicyOptions {
  description?: string;
  scopes?: string[];
  keysMax?: number;
  ownerRateLimit?: RateLimit;
  keyLifetimeDays?: number;
  expiryRequired?: true;
  cidrs?: string[];
  clear?: (keyof PolicySettings)[];
  dryRun?: true;
}

/** The settings that `--clear` names, as the options name them. */
const CLEARED: Readonly<Record<string, keyof PolicySettings>> = {
  description: 'description',
  scopes: 'scopes',
  'keys-max': 'keysMax',
  'owner-rate-limit': 'ownerRateLimit',
  'key-lifetime-days': 'keyLifetimeDaysMax',
  'expiry-required': 'expiryRequired',
  cidrs: 'allowedCidrs',
};

const NAME = 'Name of the policy.';

/** Returns the items of a comma-separated list. An empty text is an empty list. */
const listOf = (text: string): string[] => (text.trim() === '' ? [] : readList(text));

function readNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function readRateLimit(text: string): RateLimit {
  const [, limit, windowSeconds] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? [];
  if (limit === undefined) throw new InvalidArgumentError('It must be LIMIT/SECONDS, like 1000/60.');
  return { limit: Number(limit), windowSeconds: Number(windowSeconds) };
}

const readCleared = (text: string): (keyof PolicySettings)[] =>
  listOf(text).map((name) => {
    const setting = Object.hasOwn(CLEARED, name) ? CLEARED[name] : undefined;
    if (setting === undefined) throw new InvalidArgumentError(`Each item must be one of ${Object.keys(CLEARED).join(', ')}.`);
    return setting;
  });

function settingsOf({ clear = [], ...options }: PolicyOptions): PolicySettings {
  const { description, scopes, keysMax, ownerRateLimit, keyLifetimeDays, expiryRequired, cidrs } = options;
  return {
    ...Object.fromEntries(clear.map((name) => [name, name === 'expiryRequired' ? false : null])),
    ...(description !== undefined && { description }),
    ...(scopes && { scopes }),
    ...(keysMax !== undefined && { keysMax }),
    ...(ownerRateLimit && { ownerRateLimit }),
    ...(keyLifetimeDays !== undefined && { keyLifetimeDaysMax: keyLifetimeDays }),
    ...(expiryRequired && { expiryRequired }),
    ...(cidrs && { allowedCidrs: cidrs }),
  };
}

/** Adds the options of the settings of a policy. */
const withSettings = (command: KeywardCommand): KeywardCommand =>
  command
    .argument('<name>', NAME)
    .option('--description <text>', 'Description for services and the operator.')
    .option('--scopes <list>', 'Comma-separated scopes and patterns that keys may have. An empty text permits no scope.', listOf)
    .option('--keys-max <number>', 'Maximum number of usable keys of a user.', readNumber)
    .option('--owner-rate-limit <limit/seconds>', 'Rate limit that all keys of an owner share, like 1000/60.', readRateLimit)
    .option('--key-lifetime-days <days>', 'Maximum lifetime of a key in days, from its creation or import.', readNumber)
    .option('--expiry-required', 'Requires an expiry of every new key.')
    .option('--cidrs <list>', 'Comma-separated addresses and CIDR ranges from which keys may be used.', listOf)
    .option('--dry-run', 'Prints the result and the number of affected keys, and changes nothing.');

function addWriters(group: KeywardCommand): void {
  withSettings(group.command('create'))
    .description('Creates a policy. A setting that is absent limits nothing.')
    .example('keyward policies create free --scopes orders:read --owner-rate-limit 1000/60 --key-lifetime-days 90')
    .prints<PolicyOptions>(async ({ policies }, { args: [name = ''], options }) =>
      plannedRecord(await policies.create({ name, ...settingsOf(options) }, options.dryRun === true)),
    );
  withSettings(group.command('update'))
    .description('Changes a policy, with effect from the next verification. A setting that is absent is unchanged.')
    .option('--clear <list>', `Comma-separated settings that no longer limit anything: ${Object.keys(CLEARED).join(', ')}.`, readCleared)
    .example('keyward policies update free --scopes orders:read --dry-run')
    .prints<PolicyOptions>(async ({ policies }, { args: [name = ''], options }) =>
      plannedRecord(await policies.update(name, settingsOf(options), options.dryRun === true)),
    );
  group
    .command('delete')
    .description('Deletes a policy that no user has.')
    .argument('<name>', NAME)
    .example('keyward policies delete free')
    .prints(async ({ policies }, { args: [name = ''] }) => policyRecord(await policies.delete(name)));
}

/** Adds `keyward policies`. */
export function addPoliciesCommands(program: KeywardCommand): void {
  const group = program
    .command('policies')
    .description('Manages policies: ceilings for the keys of users.')
    .example('keyward policies list --json');
  group
    .command('list')
    .description('Lists all policies with the number of their users.')
    .example('keyward policies list --json')
    .prints(async ({ policies }) => (await policies.list()).map(({ policy, users }) => ({ ...policyRecord(policy), users })));
  group
    .command('show')
    .description('Shows one policy with the number of its users.')
    .argument('<name>', NAME)
    .example('keyward policies show free')
    .prints(async ({ policies }, { args: [name = ''] }) => {
      const { policy, users } = await policies.show(name);
      return { ...policyRecord(policy), users };
    });
  addWriters(group);
}
