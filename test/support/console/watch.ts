import type { BrowserContext, ConsoleMessage, Request } from 'playwright-core';

/** Watches everything that the pages of a browser context do. */
export interface Watch {
  /** What the pages did and must not do: violations of the policy, errors, requests to other origins. */
  problems(): string[];
  /** Accepts messages of the browser’s console that the test causes on purpose. */
  expectMessage(pattern: RegExp): void;
  /** Accepts requests to an origin. */
  expectOrigin(origin: string): void;
  /** Every request so far. */
  readonly requests: Request[];
  /** Everything that was written to the browser’s console so far. */
  readonly messages: string[];
  /** Forgets the problems so far, which belong to the preparation of the test. */
  forgetSoFar(): void;
}

// A violation is also in the browser’s console, except for policies that only report.
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  console.error('violation of ' + event.effectiveDirective + ' by ' + (event.blockedURI || event.sample)))`;

/** The server answers a visitor without a session with 401, and the browser reports each of these answers. */
const WITHOUT_SESSION = /status of 401 .*\/graphql$/;

const BAD_TYPES = ['error', 'warning'];

export async function watch(context: BrowserContext, ownOrigins: readonly string[]): Promise<Watch> {
  await context.addInitScript(REPORT_VIOLATIONS);
  const expected = [WITHOUT_SESSION];
  const origins = new Set(ownOrigins.map((url) => new URL(url).origin));
  const requests: Request[] = [];
  const messages: string[] = [];
  let [bad, errors]: [string[], string[]] = [[], []];
  let start = 0;

  context.on('console', (message: ConsoleMessage) => {
    const text = `${message.text()} ${message.location().url}`;
    messages.push(text);
    if (BAD_TYPES.includes(message.type())) bad.push(text);
  });
  context.on('weberror', (error) => void errors.push(String(error.error().stack)));
  context.on('request', (request) => void requests.push(request));

  const isForeign = (url: string) => /^(?:https?|wss?):/.test(url) && !origins.has(new URL(url).origin);
  return {
    problems: () => {
      const sent = requests.slice(start);
      return [
        ...bad.filter((text) => !expected.some((pattern) => pattern.test(text))),
        ...errors,
        ...sent.map((request) => request.url()).filter(isForeign),
        // A URL with variables would be written to logs.
        ...sent.filter((request) => request.method() === 'GET' && new URL(request.url()).pathname === '/graphql').map(() => 'GET /graphql'),
      ];
    },
    expectMessage: (pattern) => void expected.push(pattern),
    expectOrigin: (origin) => void origins.add(origin),
    requests,
    messages,
    forgetSoFar: () => {
      [bad, errors] = [[], []];
      start = requests.length;
    },
  };
}
