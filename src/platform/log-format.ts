/** Control characters, line separators and bidirectional overrides: they can move the cursor, forge a line or reverse text. */
const HARMFUL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const escapeHarmful = (text: string): string =>
  text.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Returns the same JSON with those characters escaped that a terminal or a line reader does not treat as text. */
export const safeJsonLine = (line: string): string => `${escapeHarmful(line.trimEnd())}\n`;

/** Color codes of ANSI terminals. */
const COLORS = { gray: 90, green: 32, yellow: 33, red: 31 } as const;

const LEVELS: Readonly<Record<number, readonly [name: string, color: keyof typeof COLORS]>> = {
  10: ['TRACE', 'gray'],
  20: ['DEBUG', 'gray'],
  30: ['INFO ', 'green'],
  40: ['WARN ', 'yellow'],
  50: ['ERROR', 'red'],
  60: ['FATAL', 'red'],
};

const valueText = (value: unknown): string =>
  typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : escapeHarmful(JSON.stringify(value));

/** Returns the lines of a serialized error and its causes: type, code and message, then one line for each stack frame. */
function errorLines(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { type, code, message, stack, cause } = error as Record<string, unknown>;
  const title = [type, code, message].filter((part) => part !== undefined).join(' ');
  return [title, ...(typeof stack === 'string' ? stack.split('\n').map((frame) => `  ${frame.trim()}`) : []), ...errorLines(cause)];
}

/**
 * Returns a human-readable log line: time, level, message and fields, followed by an indented error if there is one.
 *
 * @param line one JSON object, as pino writes it
 */
export function prettyLine(line: string, hasColors = false): string {
  const { level, time, pid: _pid, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const [name, color] = LEVELS[Number(level)] ?? ['     ', 'gray'];
  const paint = (style: keyof typeof COLORS, text: string) => (hasColors ? `\u001b[${COLORS[style]}m${text}\u001b[39m` : text);
  const words = [
    paint('gray', new Date(String(time)).toTimeString().slice(0, 8)),
    paint(color, name),
    escapeHarmful(String(msg ?? '')),
    ...Object.entries(fields).map(([field, value]) => paint('gray', `${escapeHarmful(field)}=${valueText(value)}`)),
  ];
  return [words.join(' '), ...errorLines(err).map((text) => `    ${escapeHarmful(text)}`), ''].join('\n');
}
