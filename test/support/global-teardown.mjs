import { rm } from 'node:fs/promises';

/** @typedef {{ postgres: { stop(): Promise<void> }, directory: string }} TestPostgres what global-setup.mjs started */

export default async function globalTeardown() {
  const { testPostgres } = /** @type {typeof globalThis & { testPostgres: TestPostgres }} */ (globalThis);
  const { postgres, directory } = testPostgres;
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}
