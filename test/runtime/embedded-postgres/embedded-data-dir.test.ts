import { spawnSync } from 'node:child_process';
import { chmod, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../src/platform/logger.js';
import { prepareDataDir } from '../../../src/runtime/data-dir.js';
import { startEmbeddedPostgres } from '../../../src/runtime/embedded-postgres/embedded-postgres.js';
import { runBuiltCommand } from '../../support/commands.js';
import { EMAIL, manageEmbeddedServers, signUp } from '../../support/embedded-server.js';
import { postgresEndpoint, postgresPid } from '../../support/server-process.js';

const embedded = manageEmbeddedServers();

describe('DATA_DIR', () => {
  test('F12: works with a path too long for a socket: the socket is in a temporary folder, which commands find', async () => {
    embedded.dataDir = path.join(embedded.directory, 'long-'.repeat(20), 'data');
    const first = await embedded.start({}, { cwd: embedded.directory });
    const { folder } = await postgresEndpoint(embedded.dataDir);
    expect(folder).toMatch(new RegExp(`^${tmpdir()}/keyward-[^/]+$`));
    const [created, cluster] = await Promise.all([stat(folder), stat(path.join(embedded.dataDir, 'postgres'))]);
    expect([created.mode & 0o777, created.uid]).toEqual([0o700, cluster.uid]);
    await signUp(first);
    const listed = await runBuiltCommand('users', ['list'], { DATA_DIR: embedded.dataDir });
    expect({ ...listed, stdout: listed.stdout.includes(EMAIL) }).toEqual({ code: 0, stdout: true, stderr: '' });

    // The next server adopts what the killed one left, and continues after PostgreSQL was killed as well.
    await first.stop('SIGKILL');
    const second = await embedded.start();
    expect((await postgresEndpoint(embedded.dataDir)).folder).toBe(folder);
    process.kill((await postgresPid(embedded.dataDir)) ?? 0, 'SIGKILL');
    await second.stop('SIGKILL');
    const third = await embedded.start();
    await expect(signUp(third)).rejects.toThrow('EMAIL_TAKEN');
    const { folder: newest } = await postgresEndpoint(embedded.dataDir);
    await third.stop();
    for (const left of [folder, newest]) await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('F9: is the same by a relative path and through a symbolic link, also with quotes and commas in its name', async () => {
    embedded.dataDir = path.join(embedded.directory, "it's, a folder");
    const first = await embedded.start({ DATA_DIR: "it's, a folder" }, { cwd: embedded.directory });
    await symlink(embedded.dataDir, path.join(embedded.directory, 'link'));
    const other = embedded.spawn({ DATA_DIR: path.join(embedded.directory, 'link') });
    expect(await other.exited).toEqual({ code: 1, signal: null });
    expect(other.stderr()).toMatch(/^keyward: Another Keyward process uses this DATA_DIR. Stop it, or set a different DATA_DIR.$/m);
    await signUp(first);
    await first.stop('SIGKILL');
    // The server started by the other name adopts what the killed one left.
    await expect(signUp(await embedded.start({ DATA_DIR: path.join(embedded.directory, 'link') }))).rejects.toThrow('EMAIL_TAKEN');
  });

  test('F12: a socket folder that other users can write to is an error that names the folder, and no password is sent', async () => {
    await (await embedded.start()).stop();
    await chmod(path.join(embedded.dataDir, 'socket'), 0o777);
    const server = embedded.spawn();
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stderr()).toBe(
      `keyward: The folder ${embedded.dataDir}/socket must belong to the user that runs PostgreSQL and have mode 0700. Remove it; it is created again.\n`,
    );
    await rm(path.join(embedded.dataDir, 'socket'), { recursive: true });
    await embedded.start();
  });
});

test('F12: starting PostgreSQL leaves no password in a file, and no temporary folder', async () => {
  await prepareDataDir(embedded.dataDir);
  const password = 'cafe'.repeat(12);
  const postgres = await startEmbeddedPostgres({ dataDir: embedded.dataDir, password, logger: createLogger('silent') });
  await postgres.stop();
  expect((await readdir(embedded.dataDir)).sort()).toEqual(['postgres', 'socket']);
  const { stdout } = spawnSync('grep', ['-rlF', password, embedded.dataDir], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
