import { type DestinationStream, type Logger, pino } from 'pino';
import { errorCode } from './errors/error-code.js';
import { KEY_PREFIX } from './key-prefix.js';
import { prettyLine, safeJsonLine } from './log-format.js';
import { standardOutput } from './log-output.js';

export type { Logger };

/**
 * Secrets and personal data that error messages of libraries may contain: connection URLs, email addresses, API keys,
 * tokens, hashes, and any other long run of letters and digits that could be one.
 */
const SECRETS: readonly RegExp[] = [
  /\b(?:postgres(?:ql)?|rediss?):\/\/\S+/giu,
  /[^\s"'(<,;:=]+@[^\s"')>,;]+/gu,
  new RegExp(`\\b${KEY_PREFIX}\\.\\S+`, 'giu'),
  /\$2[aby]\$\d\d\$\S+/gu,
  /[\w+/=.-]{32,}/gu,
];

/** Returns a text in which everything that could be a secret or an email address is replaced by `[redacted]`. */
export const scrub = (text: string): string => SECRETS.reduce((rest, secret) => rest.replace(secret, '[redacted]'), text);

/**
 * Returns an error as it is logged: its type, code, scrubbed message, stack frames and causes. The first lines of `stack`
 * repeat the message unscrubbed, so only the frames are kept. Other properties are omitted: they may contain the parameters
 * of a query or the values of a constraint.
 */
function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    code: errorCode(error),
    message: scrub(error.message),
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    cause: error.cause === undefined || depth === 3 ? undefined : serializeError(error.cause, depth + 1),
  };
}

export type LogFormat = 'json' | 'pretty';

/** Returns a log on stdout. The format `pretty` has colors if the terminal supports them and NO_COLOR is not set. */
export function logToStdout(format: LogFormat): DestinationStream {
  const hasColors = process.stdout.isTTY === true && process.stdout.hasColors();
  return standardOutput(format === 'json' ? safeJsonLine : (line) => prettyLine(line, hasColors));
}

/**
 * Creates a logger that writes one JSON line per event, in the order of the events.
 *
 * @param level minimum level of the events that are written
 * @param destination stdout by default
 */
export function createLogger(level: string, destination: DestinationStream = logToStdout('json')): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        err: (error: unknown) => serializeError(error),
        // Fastify's serializer logs the URL with its query string, which contains the literals of a GET request's document.
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
