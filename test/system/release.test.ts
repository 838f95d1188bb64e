import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

test('npm run release:check packs the release, and runs the main job from the packed server on this Node and on Node 24', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/release/check.mjs'], { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const report = JSON.parse(readFileSync('.cache/release/report.json', 'utf8')) as Record<
    string,
    { megabytes: number; statuses: number[] }
  >;
  for (const node of [process.version, 'Node 24']) expect(report[`main job, ${node}`]?.statuses).toEqual([200, 401, 401]);
  // A production start needs neither a compiler nor the 677 MB of a clone.
  expect(report.server?.megabytes).toBeLessThan(20);
  expect(report.installation?.megabytes).toBeLessThan(250);
}, 900_000);
