// The layout of src as a table: which folder may import which, and which files belong to one feature. Paths are relative to src.

/**
 * From bottom to top. What stands in one row may not import each other, except in the last row, which puts everything
 * together. Each place may import the rows below it.
 */
export const LAYERS = [
  ['platform'],
  ['audit', 'usage'],
  ['auth'],
  ['policies'],
  ['api-keys'],
  ['verification', 'webhooks'],
  ['activity'],
  ['management'],
  ['import'],
  ['config.ts', 'services.ts', 'graphql-route.ts', 'app.ts', 'main.ts', 'runtime', 'cli'],
];

/**
 * Files that belong to one feature: what else may import them. GraphQL types refer to types of the features below
 * (`ApiKey.owner` is a `User`), so that the GraphQL files of other features may import them.
 */
export const PRIVATE_FILES = [
  { files: '**/*.queries.ts', importedBy: [] },
  { files: '**/*-resolver.ts', importedBy: ['app.ts', 'services.ts'] },
  { files: '**/*-route.ts', importedBy: ['app.ts', 'services.ts'] },
  { files: '**/*.graphql.ts', importedBy: ['app.ts', 'services.ts', '**/*.graphql.ts', '**/*-resolver.ts'] },
];

/** The files that know GraphQL and HTTP. Everything else is a service. */
export const PRESENTATION = [
  'app.ts',
  'main.ts',
  'platform/graphql/**',
  'platform/http/**',
  '**/*.graphql.ts',
  '**/*-resolver.ts',
  '**/*-route.ts',
  '**/*-context.ts',
  '**/*-middleware.ts',
];

/** What services do not import: packages by name, and places in src. */
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
  ['ResetToken', 'auth'],
  ['ApiKey', 'api-keys'],
  ['ApiKeyUsage', 'usage'],
  ['AuditEvent', 'audit'],
]);

export const LIMITS = { medianFileLines: 60, fileLines: 250, functionLines: 60 };
