import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KeywardCommand } from '../../src/cli/keyward-command.js';
import { createProgram } from '../../src/cli/program.js';

const PLAINTEXT_KEY = 'amos_3684b6fe.YuusV2lrII_5xyIeB8M457gQ7p7ohB8B7aEYyq2GTbQ';

/** Runs a command without a database: its settings are invalid, so a command that opens one fails. */
function keyward(...args: string[]) {
  const env = { PATH: process.env.PATH ?? '', PORT: 'none' };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const commandsOf = (command: KeywardCommand): KeywardCommand[] => [command, ...(command.commands as KeywardCommand[]).flatMap(commandsOf)];
const commands = commandsOf(createProgram());
const argumentsOf = ({ path: words }: KeywardCommand) => words.split(' ').slice(1);

describe('keyward', () => {
  test('has the documented commands', () => {
    expect(commands.map((command) => command.path)).toEqual([
      'keyward',
      'keyward serve',
      ...[
        '',
        ' list',
        ' show',
        ' export',
        ' create',
        ' reset-token',
        ' set-policy',
        ' disable',
        ' enable',
        ' end-sessions',
        ' delete',
        ' change-issuer',
      ].map((name) => `keyward users${name}`),
      ...['', ' list', ' expiring', ' revoke', ' find-owner'].map((name) => `keyward keys${name}`),
      ...['', ' create', ' list', ' rotate', ' revoke'].map((name) => `keyward service-tokens${name}`),
      ...['', ' list', ' show', ' create', ' update', ' delete'].map((name) => `keyward policies${name}`),
      ...['', ' create', ' list', ' update', ' enable', ' disable', ' delete', ' rotate-secret', ' test', ' deliveries', ' redeliver'].map(
        (name) => `keyward webhooks${name}`,
      ),
      'keyward import',
      ...['', ' re-encrypt'].map((name) => `keyward secrets${name}`),
      ...['', ' export', ' prune'].map((name) => `keyward audit${name}`),
      ...['', ' check'].map((name) => `keyward cache${name}`),
    ]);
  });

  test('every command that a page names exists', () => {
    const pages = [
      'README.md',
      'CHANGELOG.md',
      'ARCHITECTURE.md',
      ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((file) => path.join('docs', file)),
    ];
    const named = pages
      .filter((file) => file.endsWith('.md'))
      .flatMap(
        (file) =>
          readFileSync(file, 'utf8').match(
            /\bkeyward (?:serve|import|(?:users|keys|service-tokens|policies|webhooks|secrets|audit|cache) [a-z-]+)/g,
          ) ?? [],
      );
    expect(named.length).toBeGreaterThan(20);
    expect([...new Set(named)].filter((words) => !commands.some((command) => command.path === words))).toEqual([]);
  });

  test.each(commands.map((command) => [command.path, command] as const))('%s --help prints its usage with an example', (words, command) => {
    const { status, stdout, stderr } = keyward(...argumentsOf(command), '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: ${words} `));
    expect(stdout).toMatch(/^Example:\n {2}\$ .*keyward /m);
    const described = [command.description(), ...command.options.map((option) => option.description)];
    expect(described.filter((text) => !/^[A-Z].*\.$/.test(text))).toEqual([]);
    expect(command.registeredArguments.filter(({ description }) => !/\.$/.test(description))).toEqual([]);
  });

  test('--version prints the version of package.json', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(keyward('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [
      [],
      'name one of the commands serve, users, keys, service-tokens, policies, webhooks, import, secrets, audit, cache. Run: keyward --help',
    ],
    [['users'], expect.stringMatching(/^name one of the commands list, .* Run: keyward users --help$/)],
    [['sreve'], "unknown command 'sreve'. Did you mean serve? Run: keyward --help"],
    [['users', 'lst'], "unknown command 'lst'. Did you mean list? Run: keyward users --help"],
    [['users', 'list', '--jsn'], "unknown option '--jsn'. Did you mean --json? Run: keyward users list --help"],
    [['users', 'show'], "missing required argument 'user'. Run: keyward users show --help"],
    [['serve', 'now'], "too many arguments for 'serve'. Expected 0 arguments but got 1. Run: keyward serve --help"],
    [['keys', PLAINTEXT_KEY], "unknown command '[redacted]'. Run: keyward keys --help"],
    [['keys', 'list', `--${PLAINTEXT_KEY}`], expect.stringMatching(/^unknown option '--\[redacted\]'|^unknown option '\[redacted\]'/)],
  ])('with the wrong arguments %j it prints one line on stderr, exit code 2', (args, message) => {
    const { status, stdout, stderr } = keyward(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(/^keyward: (.*)\n$/.exec(stderr)?.[1]).toEqual(message);
  });

  test('an invalid setting is reported by every command in one line on stderr, exit code 1', () => {
    for (const args of [['serve'], ['users', 'list'], ['keys', 'expiring'], ['audit', 'prune', '--before', '2026-01-31']]) {
      expect(keyward(...args)).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^keyward: PORT .*\n$/) });
    }
  });
});

describe('the command that package.json installs', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'keyward-bin-'));
    mkdirSync(path.join(folder, 'app/scripts/lib'), { recursive: true });
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8'));
    cpSync(bin.keyward, path.join(folder, 'app', bin.keyward));
    for (const name of ['package.json', 'dist', 'node_modules']) symlinkSync(path.resolve(name), path.join(folder, 'app', name));
    symlinkSync(path.join(folder, 'app', bin.keyward), path.join(folder, 'keyward'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = () => {
    const { status, stdout, stderr } = spawnSync(path.join(folder, 'keyward'), ['--version'], { encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  test('runs through a link, and without a scripts folder', () => {
    expect(run()).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  });

  test('prepares a clone before it loads the build', () => {
    const script = "export const prepare = () => console.error('prepared');\n";
    writeFileSync(path.join(folder, 'app/scripts/lib/prepare.mjs'), script);
    expect(run()).toMatchObject({ status: 0, stderr: 'prepared\n' });
  });
});
