import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { comparable, runSteps, type Step, stepsOf } from '../support/tour.js';

const DEFAULT_URL = 'http://127.0.0.1:4000';

let directory: string;
let server: ServerProcess;
let quickStart: Step[];
let tutorial: Step[];
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-tour-'));
  server = await startServer({ DATA_DIR: path.join(directory, 'data') });
  // The first step of the quick start starts the server.
  quickStart = stepsOf(await readFile('README.md', 'utf8'), ['Quick start'])
    .slice(1)
    .map((step) => ({ ...step, commands: step.commands.replaceAll(DEFAULT_URL, server.url) }));
  tutorial = stepsOf(await readFile('docs/tutorial.md', 'utf8'), ['Functions', 'A tour']);
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Runs the tour again if the hour changes during a run, because it prints the usage of the current hour. */
async function runTour(): Promise<string[]> {
  const hour = new Date().getHours();
  const outputs = await runSteps(tutorial, { KEYWARD: server.url, DATA_DIR: path.join(directory, 'data') });
  return new Date().getHours() === hour ? outputs : runTour();
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

describe('the quick start of the README, pasted into a shell', () => {
  test('each command prints what the page shows', async () => {
    expect(quickStart).toHaveLength(3);
    expect((await runSteps(quickStart, {})).map(comparable)).toEqual(quickStart.map(({ output }) => asShown(output ?? '')));
  });
});

describe('the tutorial, pasted into a shell', () => {
  test('each command prints what the page shows', async () => {
    expect(tutorial.length).toBeGreaterThan(10);
    expect((await runTour()).map(comparable)).toEqual(tutorial.map(({ output }) => asShown(output ?? '')));
  });

  test('runs a second time, with the key that is already imported', async () => {
    const outputs = (await runTour()).map(comparable);
    const imported = tutorial.findIndex(({ commands }) => commands.includes('keyward import'));
    expect(outputs[imported]).toMatch(/^1 line: 0 imported, 1 already present, 0 invalid; .*\n200\n$/);
    const others = tutorial.map(({ output }, index) => asShown(index === imported ? (outputs[imported] ?? '') : (output ?? '')));
    expect(outputs).toEqual(others);
  });

  test('contains the address once, and writes to no fixed path', () => {
    const text = tutorial.map(({ commands }) => commands).join('');
    expect(text.match(/127\.0\.0\.1|localhost|:4000/g)).toHaveLength(2);
    expect(text).not.toMatch(/\/tmp\b/);
  });
});
