import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** Prints the largest size of V8's space for new objects, in MB, in a process that allocates many objects. */
const script = (prepare: string) => `
  ${prepare}
  const { getHeapSpaceStatistics } = await import('node:v8');
  let kept = [];
  let largest = 0;
  for (let index = 0; index < 2_000_000; index += 1) {
    kept.push({ index, text: 'text ' + index });
    if (kept.length === 200_000) {
      kept = [];
      largest = Math.max(largest, getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);
    }
  }
  console.log(largest / 1e6);`;
const largestOf = (prepare: string) => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script(prepare)], { encoding: 'utf8' });
  return Number(stdout);
};

test('keepYoungGenerationSmall limits the space for new objects of a running process', () => {
  const prepare = "(await import('./dist/cli/young-generation.js')).keepYoungGenerationSmall();";
  expect(largestOf(prepare)).toBeLessThan(10);
  expect(largestOf('')).toBeGreaterThan(20);
});
