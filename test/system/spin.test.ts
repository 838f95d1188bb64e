import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-spin-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Explores every state of the model with these switches, and returns the number of violated assertions. */
async function errorsOf(...switches: string[]): Promise<number> {
  const folder = await mkdtemp(path.join(directory, 'm-'));
  await copyFile('test/models/validated-cache.pml', path.join(folder, 'model.pml'));
  await run('spin', [...switches, '-a', 'model.pml'], { cwd: folder });
  await run('gcc', ['-O1', '-w', '-DSAFETY', '-o', 'pan', 'pan.c'], { cwd: folder });
  const { stdout } = await run('./pan', ['-m10000'], { cwd: folder });
  // A search that stopped at a limit proves nothing.
  expect(stdout).not.toMatch(/max search depth too small|out of memory|Search not completed.*errors: 0/);
  return Number(/errors: (\d+)/.exec(stdout)?.[1]);
}

describe('the model of the validated cache', () => {
  test.each([[[]], [['-DLOSS']], [['-DFAILOVER']]])(
    'never accepts a key after its rejection was acknowledged, with the switches %j',
    async (switches) => {
      expect(await errorsOf(...switches)).toBe(0);
    },
    180_000,
  );

  test.each([[['-DNOLOCK']], [['-DSPLITFILL']], [['-DALWAYSINST']], [['-DNOIDENT', '-DFAILOVER']], [['-DOLDREQ']]])(
    'accepts a rejected key if a rule is removed: %j',
    async (switches) => {
      expect(await errorsOf(...switches)).toBe(1);
    },
    180_000,
  );
});
