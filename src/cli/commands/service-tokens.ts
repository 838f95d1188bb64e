import type { IssuedServiceToken, ServiceToken } from '../../auth/service-tokens/service-tokens.js';
import { readList, readSeconds, readTime } from '../argument-readers.js';
import type { KeywardCommand } from '../keyward-command.js';
import type { OutputRecord } from '../output.js';

const OVERLAP_SECONDS = 86_400;

/** Returns the fields of a service token to print. They contain no secret. */
const recordOf = ({ name, permissions, cidrs, createdAt, expiresAt, previousExpiresAt, revokedAt }: ServiceToken): OutputRecord => ({
  name,
  permissions,
  cidrs,
  createdAt,
  expiresAt,
  overlapEndsAt: previousExpiresAt,
  revokedAt,
});

/** Returns the fields of a new secret to print. It is shown once. */
const issuedRecord = ({ serviceToken, plaintextToken }: IssuedServiceToken): OutputRecord => ({
  ...recordOf(serviceToken),
  token: plaintextToken,
});

function addCreate(group: KeywardCommand): void {
  group
    .command('create')
    .description('Creates a service token, and prints it once. It is valid from the next request.')
    .argument('<name>', 'Name of the service: 1 to 64 lower-case letters, digits and hyphens.')
    .requiredOption('--permissions <list>', 'Comma-separated permissions, such as users:act,keys:verify.', readList)
    .option(
      '--cidrs <list>',
      'Comma-separated addresses and CIDR ranges from which the token may be used. The default is every address.',
      readList,
    )
    .option(
      '--expires-at <time>',
      'Time from which the token is rejected, like 2027-01-31T12:00:00Z. By default it does not expire.',
      readTime,
    )
    .example('keyward service-tokens create backend --permissions users:act,keys:verify')
    .prints<{ permissions: string[]; cidrs?: string[]; expiresAt?: Date }>(
      async ({ services }, { args: [name = ''], options: { permissions, cidrs = [], expiresAt = null } }) =>
        issuedRecord(await services.serviceTokens.create({ name, permissions, cidrs, expiresAt })),
    );
}

function addRotate(group: KeywardCommand): void {
  group
    .command('rotate')
    .description('Replaces the secret of a service token, and prints the new one once. The old one stays valid during the overlap.')
    .argument('<name>', 'Name of the service.')
    .option(
      '--overlap <seconds>',
      `Time for which the old secret stays valid, 0 for none. The default is ${OVERLAP_SECONDS}, one day.`,
      readSeconds,
    )
    .example('keyward service-tokens rotate backend --overlap 3600')
    .prints<{ overlap?: number }>(async ({ services }, { args: [name = ''], options: { overlap = OVERLAP_SECONDS } }) =>
      issuedRecord(await services.serviceTokens.rotate(name, overlap)),
    );
}

/** Adds `keyward service-tokens`. */
export function addServiceTokensCommands(program: KeywardCommand): void {
  const group = program
    .command('service-tokens')
    .description('Manages the tokens with which the services of your product call the API.')
    .example('keyward service-tokens create backend --permissions users:act,keys:verify');
  addCreate(group);
  group
    .command('list')
    .description('Lists all service tokens with their last use, including revoked ones. The last use is up to a minute old.')
    .example('keyward service-tokens list --json')
    .prints(async ({ services }) =>
      (await services.serviceTokens.list()).map(({ serviceToken, lastUsedAt }) => ({ ...recordOf(serviceToken), lastUsedAt })),
    );
  addRotate(group);
  group
    .command('revoke')
    .description('Revokes a service token permanently. It is rejected from the next request.')
    .argument('<name>', 'Name of the service.')
    .example('keyward service-tokens revoke backend')
    .prints(async ({ services }, { args: [name = ''] }) => recordOf(await services.serviceTokens.revoke(name)));
}
