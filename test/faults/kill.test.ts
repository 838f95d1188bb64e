import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dropDatabase, newDatabase } from '../support/database.js';
import { Findings } from '../support/faults/findings.js';
import { killLoop } from '../support/faults/kill-loop.js';
import { Random } from '../support/faults/random.js';
import { postgresEndpoint, postgresPid } from '../support/server-process.js';

/** The number of kills that fits into a minute. `npm run soak` kills a hundred times. */
const KILLS = { external: 24, embedded: 6 };

describe('F4: kill -9 during the creation of keys', () => {
  test(`leaves complete rows with audit events, no user over the limit and a server that starts, ${KILLS.external} times on PostgreSQL`, async () => {
    const databaseUrl = await newDatabase();
    const env = { DATABASE_URL: databaseUrl, APP_SECRETS: randomBytes(32).toString('base64') };
    const findings = new Findings();
    const creates = await killLoop({
      env,
      kills: KILLS.external,
      lanes: 3,
      random: new Random(1),
      findings,
      databaseUrl: async () => databaseUrl,
    });
    expect(findings).toMatchObject({ wrongAnswers: 0, lostWrites: 0, told: [] });
    expect(Math.min(creates.acknowledged, creates.cutOff)).toBeGreaterThan(KILLS.external);
    await dropDatabase(databaseUrl);
  }, 180_000);

  test(`does so ${KILLS.embedded} times on the embedded database, which is killed too every third time`, async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'keyward-kill-'));
    const dataDir = path.join(directory, 'data');
    const findings = new Findings();
    const killPostgres = async () => {
      const pid = await postgresPid(dataDir);
      if (pid !== null) process.kill(pid, 'SIGKILL');
    };
    try {
      const creates = await killLoop({
        env: { DATA_DIR: dataDir },
        kills: KILLS.embedded,
        lanes: 1,
        random: new Random(2),
        findings,
        databaseUrl: () => embeddedUrl(dataDir),
        afterKill: async (kills) => (kills % 3 === 0 ? killPostgres() : undefined),
      });
      expect(findings).toMatchObject({ wrongAnswers: 0, lostWrites: 0, told: [] });
      expect(Math.min(creates.acknowledged, creates.cutOff)).toBeGreaterThan(0);
    } finally {
      await killPostgres();
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
  }, 180_000);
});

async function embeddedUrl(dataDir: string): Promise<string> {
  const { databasePassword } = JSON.parse(await readFile(path.join(dataDir, 'secrets.json'), 'utf8'));
  const { port, folder } = await postgresEndpoint(dataDir);
  return `postgresql://keyward:${databasePassword}@localhost:${port}/keyward?host=${encodeURIComponent(folder)}`;
}
