import { defineConfig } from 'prisma/config';

// `prisma generate` and `prisma validate` need no schema engine, yet the CLI wants to download the native one before
// it does anything. Naming any executable keeps it from trying; migrations are created by scripts/migrate-create.mjs.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
