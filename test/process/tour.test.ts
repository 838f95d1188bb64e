import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { comparable, runSteps, type Step, stepsOf } from '../support/tour.js';

let directory: string;
let server: ServerProcess;
let steps: Step[];
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-tour-'));
  server = await startServer({ DATA_DIR: path.join(directory, 'data') });
  const [readme, tutorial] = [await readFile('README.md', 'utf8'), await readFile('docs/tutorial.md', 'utf8')];
  // The first step of the quick start starts the server.
  steps = [...stepsOf(readme, ['Quick start']).slice(1), ...stepsOf(tutorial, ['Functions', 'A tour'])];
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Runs the tour again if the hour changes during a run, because it prints the usage of the current hour. */
async function runTour(): Promise<string[]> {
  for (;;) {
    const hour = new Date().getHours();
    const outputs = await runSteps(steps, { KEYWARD: server.url, DATA_DIR: path.join(directory, 'data') });
    if (new Date().getHours() === hour) return outputs;
  }
}

/** `…` in a page matches any text. */
const asShown = (output: string) =>
  expect.stringMatching(
    new RegExp(
      `^${comparable(output)
        .split('…')
        .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
        .join('.*')}$`,
    ),
  );

describe('the quick start of the README and the tutorial, pasted into a shell', () => {
  test('each command prints what the page shows', async () => {
    expect(steps.length).toBeGreaterThan(10);
    expect((await runTour()).map(comparable)).toEqual(steps.map(({ output }) => asShown(output ?? '')));
  });

  test('runs a second time, with the key that is already imported', async () => {
    const outputs = (await runTour()).map(comparable);
    const imported = steps.findIndex(({ commands }) => commands.includes('keyward import'));
    expect(outputs[imported]).toMatch(/^1 line: 0 imported, 1 already present, 0 invalid; .*\n200\n$/);
    const others = steps.map(({ output }, index) => asShown(index === imported ? (outputs[imported] ?? '') : (output ?? '')));
    expect(outputs).toEqual(others);
  });

  test('contain the address once each, and write to no fixed path', () => {
    const text = steps.map(({ commands }) => commands).join('');
    expect(text.match(/127\.0\.0\.1|localhost|:4000/g)).toHaveLength(4);
    expect(text).not.toMatch(/\/tmp\b/);
  });
});
