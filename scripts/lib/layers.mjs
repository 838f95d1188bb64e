// The layout of src: the folders that each folder may import, and the files that belong to one feature. Paths are relative to
// src.

/**
 * The layers from bottom to top. Each place may import the rows below it. The places of one row may not import each other,
 * except in the last row, which connects all features.
 */
export const LAYERS = [
  ['platform'],
  ['audit', 'usage'],
  ['auth'],
  ['policies'],
  ['api-keys'],
  ['verification', 'webhooks', 'server', 'console'],
  ['activity'],
  ['management'],
  ['import'],
  [
    'config-forms.ts',
    'config-setting.ts',
    'config-console.ts',
    'config-settings.ts',
    'config.ts',
    'services.ts',
    'graphql-route.ts',
    'keyward-schema.ts',
    'app.ts',
    'main.ts',
    'runtime',
    'cli',
  ],
];

/**
 * Files that belong to one feature, with the other files that may import them. GraphQL types refer to types of lower features
 * (`ApiKey.owner` is a `User`), so the GraphQL files of other features may import GraphQL types.
 */
export const PRIVATE_FILES = [
  { files: '**/*.queries.ts', importedBy: [] },
  { files: '**/*-resolver.ts', importedBy: ['keyward-schema.ts', 'services.ts'] },
  { files: '**/*-route.ts', importedBy: ['app.ts', 'services.ts'] },
  { files: '**/*-listener.ts', importedBy: ['app.ts', 'services.ts'] },
  { files: '**/*.graphql.ts', importedBy: ['app.ts', 'services.ts', '**/*.graphql.ts', '**/*-resolver.ts'] },
];

/** The files that may use GraphQL and HTTP. Every other file is a service. */
export const PRESENTATION = [
  'app.ts',
  'keyward-schema.ts',
  'main.ts',
  'platform/graphql/**',
  'platform/http/**',
  '**/*.graphql.ts',
  '**/*-resolver.ts',
  '**/*-route.ts',
  '**/*-listener.ts',
  '**/gateway-*.ts',
  '**/*-context.ts',
  '**/*-middleware.ts',
];

/** Packages and places in src that services may not import. */
export const PRESENTATION_IMPORTS = [
  'graphql',
  'graphql-*',
  'type-graphql',
  'fastify',
  '@fastify/*',
  '@apollo/**',
  '@as-integrations/*',
  'platform/graphql/**',
  'platform/http/**',
];

/** The feature that owns the table of each Prisma model. */
export const OWNERS = new Map([
  ['User', 'auth'],
  ['Session', 'auth'],
  ['PortalSession', 'auth'],
  ['ResetToken', 'auth'],
  ['Setting', 'auth'],
  ['ServiceToken', 'auth'],
  ['ServiceTokenUse', 'auth'],
  ['Policy', 'policies'],
  ['ApiKey', 'api-keys'],
  ['IdempotencyKey', 'api-keys'],
  ['ImportForm', 'api-keys'],
  ['ApiKeyUsage', 'usage'],
  ['ApiKeyFirstUse', 'usage'],
  ['AuditEvent', 'audit'],
  ['AuditLogCluster', 'audit'],
  ['VerificationChange', 'verification'],
  ['WebhookEndpoint', 'webhooks'],
  ['WebhookEvent', 'webhooks'],
  ['WebhookDelivery', 'webhooks'],
  ['WebhookNotice', 'webhooks'],
  ['WebhookScan', 'webhooks'],
]);

/**
 * Statements that read tables of features below. Verification must read a key, its owner, the owner's policy and a verifier's token in
 * one snapshot. The policy that applies to a key depends on its owner. An event has the state of its user and key in the transaction of
 * the change.
 */
export const READERS = [
  { files: 'verification/**/*.queries.ts', models: ['ApiKey', 'User', 'Policy', 'ServiceToken', 'ImportForm'] },
  { files: 'policies/**/*.queries.ts', models: ['User'] },
  { files: 'api-keys/**/*.queries.ts', models: ['User'] },
  { files: 'webhooks/*.queries.ts', models: ['ApiKey', 'User', 'Policy'] },
];

export const LIMITS = { medianFileLines: 60, fileLines: 250, functionLines: 60 };
