import { rm } from 'node:fs/promises';
import path from 'node:path';

export default async function globalTeardown() {
  const { postgres, dataDir } = globalThis.testPostgres;
  await postgres.stop();
  await rm(path.dirname(dataDir), { recursive: true, force: true });
}
