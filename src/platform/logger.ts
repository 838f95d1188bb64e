import { type DestinationStream, type Logger, pino } from 'pino';
import { prettyLine, safeJsonLine } from './log-format.js';
import { standardOutput } from './log-output.js';

export type { Logger };

/**
 * What may stand in a message of somebody else's error and must not stand in a log: connection URLs, e-mail addresses,
 * API keys, tokens, hashes, and any other long run of letters and digits that could be one.
 */
const SECRETS: readonly RegExp[] = [
  /\b(?:postgres(?:ql)?|rediss?):\/\/\S+/giu,
  /[^\s"'(<,;:=]+@[^\s"')>,;]+/gu,
  /\b[a-z][a-z0-9]{1,11}_[0-9a-f]{8}\.\S+/giu,
  /\$2[aby]\$\d\d\$\S+/gu,
  /[\w+/=.-]{32,}/gu,
];

/** Takes out of a text what could be a secret or somebody's address. */
export const scrub = (text: string): string => SECRETS.reduce((rest, secret) => rest.replace(secret, '[redacted]'), text);

/**
 * An error as it is logged: its kind, its scrubbed message and where it came from. The first lines of `stack` repeat the
 * message, so only the frames are kept; further properties (a query's parameters, a constraint's values) are left out.
 */
function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    message: scrub(error.message),
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    cause: error.cause === undefined || depth === 3 ? undefined : serializeError(error.cause, depth + 1),
  };
}

export type LogFormat = 'json' | 'pretty';

/** Returns stdout, in JSON or for people; in color where the terminal has it and NO_COLOR is not set. */
export function logToStdout(format: LogFormat): DestinationStream {
  const hasColors = process.stdout.isTTY === true && process.stdout.hasColors();
  return standardOutput(format === 'json' ? safeJsonLine : (line) => prettyLine(line, hasColors));
}

/**
 * Creates a logger that writes one JSON line per event, in the order of the events.
 *
 * @param level the least that is written
 * @param destination stdout unless given
 */
export function createLogger(level: string, destination: DestinationStream = logToStdout('json')): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        err: (error: unknown) => serializeError(error),
        // Fastify's own would tell the URL with its query string, where GET puts a document's literals.
        req: () => undefined,
        res: () => undefined,
      },
      redact: {
        paths: ['password', 'token', 'accessToken', 'refreshToken', 'plaintextKey', 'authorization', 'email'].flatMap((name) => [
          name,
          `*.${name}`,
        ]),
        censor: '[redacted]',
      },
    },
    destination,
  );
}
