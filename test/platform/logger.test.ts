import { describe, expect, test } from '@jest/globals';
import { createLogger, scrub } from '../../src/platform/logger.js';

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
  ])('takes out %s', (secret) => {
    expect(scrub(`Key (x)=(${secret}) already exists`)).not.toContain(secret);
    expect(scrub(secret)).toMatch(/^\[redacted\]/);
  });

  test('leaves words alone', () => {
    expect(scrub('canceling statement due to statement timeout')).toBe('canceling statement due to statement timeout');
    expect(scrub('key prefix amos_1a2b3c4d')).toBe('key prefix amos_1a2b3c4d');
  });
});

describe('L1, L3: the log', () => {
  test('tells an error without what it carries', () => {
    const error = Object.assign(new Error('Key (email)=(ada@example.com) already exists'), {
      code: '23505',
      detail: 'ada@example.com',
      parameters: ['ada@example.com'],
    });
    const [line = ''] = linesOf((logger) => logger.error({ err: new Error('outer', { cause: error }) }, 'failed'));
    expect(line).not.toContain('ada@');
    expect(JSON.parse(line).err.cause).toMatchObject({ type: 'Error', code: '23505', message: expect.stringContaining('already exists') });
  });

  test('an error whose message has many lines, or that isn’t an Error, makes one line', () => {
    const lines = linesOf((logger) => {
      logger.error({ err: new Error('two\nlines \u001b[31m') }, 'failed');
      logger.error({ err: 'kanarie' }, 'failed');
    });
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.join()).not.toContain('kanarie');
  });

  test('censors what is logged under the name of a secret', () => {
    const [line = ''] = linesOf((logger) =>
      logger.info({ password: 'kanarie', input: { refreshToken: 'kanarie', email: 'kanarie' } }, 'x'),
    );
    expect(line).not.toContain('kanarie');
  });
});
