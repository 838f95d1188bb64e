import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { prettyLine, safeJsonLine } from '../../src/platform/log-format.js';
import { LogLimiter } from '../../src/platform/log-limiter.js';
import { LogOutput } from '../../src/platform/log-output.js';
import { createLogger, scrub } from '../../src/platform/logger.js';
import { eventually } from '../support/eventually.js';

const linesOf = (log: (logger: ReturnType<typeof createLogger>) => void): string[] => {
  const lines: string[] = [];
  log(createLogger('info', { write: (line) => void lines.push(line) }));
  return lines;
};

describe('scrub', () => {
  test.each([
    'postgresql://user:hunter2@localhost:5432/keyward',
    'ada.lovelace@example.com',
    'amos_1a2b3c4d.q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s1BwxAJ',
    'amos_1a2b3c4d.short',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl',
    '$2b$12$abcdefghijklmnopqrstuuJ8cYQ9bq0bD5L2Rr5vBzXvK4yN1s2Wm',
    'AaIFOu6ddM2_4hCGTLHTNgAAAACNyWXEQ8uYvnLY_XKCnB9oNOW-5TkELd7yUNPKmBU_Nw',
  ])('removes %s', (secret) => {
    expect(scrub(`Key (x)=(${secret}) already exists`)).not.toContain(secret);
    expect(scrub(secret)).toMatch(/^\[redacted\]/);
  });

  test('leaves ordinary words unchanged', () => {
    expect(scrub('canceling statement due to statement timeout')).toBe('canceling statement due to statement timeout');
    expect(scrub('key prefix amos_1a2b3c4d')).toBe('key prefix amos_1a2b3c4d');
  });
});

describe('L1, L3: the log', () => {
  test('logs an error without the values that it carries', () => {
    const error = Object.assign(new Error('Key (email)=(ada@example.com) already exists'), {
      code: '23505',
      detail: 'ada@example.com',
      parameters: ['ada@example.com'],
    });
    const [line = ''] = linesOf((logger) => logger.error({ err: new Error('outer', { cause: error }) }, 'failed'));
    expect(line).not.toContain('ada@');
    expect(JSON.parse(line).err.cause).toMatchObject({ type: 'Error', code: '23505', message: expect.stringContaining('already exists') });
  });

  test('writes one line for an error that has a message of many lines, and for a thrown value that is not an Error', () => {
    const lines = linesOf((logger) => {
      logger.error({ err: new Error('two\nlines \u001b[31m') }, 'failed');
      logger.error({ err: 'kanarie' }, 'failed');
    });
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.join()).not.toContain('kanarie');
  });

  test('censors fields that have the name of a secret', () => {
    const [line = ''] = linesOf((logger) =>
      logger.info({ password: 'kanarie', input: { refreshToken: 'kanarie', email: 'kanarie' } }, 'x'),
    );
    expect(line).not.toContain('kanarie');
  });
});

describe('L3: the log in the format pretty', () => {
  const HOSTILE = 'two\r\nlines \u001b[31m \u009b2J \u007f \u2028 \u202e \u2066 \0';

  test.each([
    ['pretty', prettyLine],
    ['json', safeJsonLine],
  ])('%s: one event is one line, and no control or escape sequence reaches the terminal', (_format, format) => {
    const error = Object.assign(new Error(HOSTILE), { stack: `Error: ${HOSTILE}\n    at f (file.js:1:1)` });
    const lines = linesOf((logger) => {
      logger.info({ name: HOSTILE, [HOSTILE]: { list: [HOSTILE] } }, HOSTILE);
      logger.error({ err: error }, 'failed');
    }).map((line) => format(line));
    for (const line of lines)
      expect(line.slice(0, -1).replaceAll('\n    ', '')).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
    if (format === safeJsonLine) expect(JSON.parse(lines[0] ?? '')).toMatchObject({ name: HOSTILE, msg: HOSTILE });
  });

  test('shows time, level, message and fields, and below them an error with its cause', () => {
    const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'EPIPE' }) });
    const [info = '', failure = ''] = linesOf((logger) => {
      logger.info({ requestId: 'a1-b2', status: 200, counts: { NOT_FOUND: 3 } }, 'request');
      logger.error({ err: error }, 'request failed');
    }).map((line) => prettyLine(line));
    expect(info).toMatch(/^\d\d:\d\d:\d\d INFO {2}request requestId=a1-b2 status=200 counts=\{"NOT_FOUND":3\}\n$/);
    expect(failure).toMatch(/^\d\d:\d\d:\d\d ERROR request failed\n {4}Error outer\n {6}at [\s\S]*\n {4}Error EPIPE inner\n {6}at /);
  });

  test('has color only if requested', () => {
    const [line = ''] = linesOf((logger) => logger.warn('x'));
    expect([prettyLine(line).includes('\u001b'), prettyLine(line, true).includes('\u001b[33mWARN')]).toEqual([false, true]);
  });
});

describe('H8: a log with a reader that stalls', () => {
  /** A stream that accepts nothing until `resume` is called. */
  function stalledStream() {
    let resume: (() => void) | undefined;
    const written: string[] = [];
    const stream = new Writable({
      highWaterMark: 500,
      write(chunk, _encoding, callback) {
        written.push(String(chunk));
        resume = callback;
      },
    });
    return { stream, written, resume: () => resume?.() };
  }

  test('drops lines beyond a bound, counts them, and writes the count in a line after the reader continues', async () => {
    const { stream, written, resume } = stalledStream();
    const output = new LogOutput(stream, { format: safeJsonLine, bytesMax: 1_000 });
    for (let n = 0; n < 100; n += 1) output.write(`{"n":${n},"x":"${'x'.repeat(90)}"}\n`);
    expect(written).toHaveLength(1);
    expect(output.dropped).toBe(90);
    await eventually(
      () => {
        resume();
        expect(stream.writableLength).toBe(0);
      },
      { withinMs: 10_000 },
    );
    expect(written.filter(Boolean).map((line) => JSON.parse(line))).toEqual([
      ...Array.from({ length: 10 }, (_, n) => expect.objectContaining({ n })),
      expect.objectContaining({ level: 40, dropped: 90, msg: expect.stringContaining('dropped') }),
    ]);
  });

  test('delays the end of the process up to its limit, and no longer', async () => {
    const { stream } = stalledStream();
    const output = new LogOutput(stream, { format: safeJsonLine });
    output.write('{}\n');
    await output.flush(5);
    expect(stream.writableLength).toBeGreaterThan(0);
  });

  test('causes no error after the reader has closed the stream', () => {
    const { stream } = stalledStream();
    const output = new LogOutput(stream, { format: safeJsonLine });
    stream.destroy(new Error('EPIPE'));
    output.write('{}\n');
    expect(output.dropped).toBe(1);
  });
});

describe('H8: events that an unauthenticated client can cause', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('have one line each up to 100 a second, and one line with counts beyond that', () => {
    const lines: Record<string, unknown>[] = [];
    const limiter = new LogLimiter(createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) }), 'info', 'refused');
    for (let n = 0; n < 250; n += 1) limiter.log(n % 3 === 0 ? 'MALFORMED' : 'NOT_FOUND', { n });
    expect(lines).toHaveLength(100);
    jest.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(101);
    expect(lines[100]).toMatchObject({ level: 30, counts: { MALFORMED: 50, NOT_FOUND: 100 }, msg: expect.stringContaining('refused') });
    for (let n = 0; n < 101; n += 1) limiter.log('MALFORMED', {});
    expect(lines).toHaveLength(201);
    limiter.close();
    expect(lines[201]).toMatchObject({ counts: { MALFORMED: 1 } });
    jest.advanceTimersByTime(5_000);
    expect(lines).toHaveLength(202);
  });
});
