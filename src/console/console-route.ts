import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { prefersHtml } from '../platform/http/accepts-html.js';
import { sendError } from '../platform/http/error-answers.js';
import { readStaticFiles, type StaticFile, sendStaticFile } from '../platform/http/static-files.js';
import type { Logger } from '../platform/logger.js';

/** The build of `console/`, in a clone and in the image. */
export const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));

export const CONSOLE_PATH = '/console/';
const ELEMENT_PATH = '/embed/v1/keyward-keys.js';

const SHELL_FILE = 'index.html';
const ELEMENT_FILE = 'embed/keyward-keys.js';

/** The build names these files by the hash of their content. */
const HASHED_FILE = /^assets\/[^/]+-[\w-]{8,}\.\w+$/;

const CACHE_CONTROL = { hashed: 'public, max-age=31536000, immutable', other: 'no-cache', shell: 'no-store' };

/** What the server serves from the build. */
export interface ConsoleFiles {
  /** The page of every view. Null if it is missing. */
  shell: StaticFile | null;
  /** Null if it is missing. */
  element: StaticFile | null;
  /** The other files, by the path of their URL. */
  assets: ReadonlyMap<string, { file: StaticFile; cacheControl: string }>;
}

/** Reads the build. Logs one line if it is missing or incomplete, or cannot be read. */
export async function readConsole(folder: string, logger: Logger): Promise<ConsoleFiles> {
  let fault: unknown;
  const files = await readStaticFiles(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') fault = error;
    return new Map<string, StaticFile>();
  });
  const missing = [SHELL_FILE, ELEMENT_FILE].filter((name) => !files.has(name));
  if (missing.length > 0) {
    const fields = { folder, missing, ...(fault !== undefined && { err: fault }) };
    logger.warn(fields, 'Files of the console are missing: their paths respond with 404. Build the console with npm start.');
  }
  const assets = new Map(
    [...files]
      .filter(([name]) => name !== SHELL_FILE && name !== ELEMENT_FILE)
      .map(([name, file]) => {
        const cacheControl = HASHED_FILE.test(name) ? CACHE_CONTROL.hashed : CACHE_CONTROL.other;
        return [`${CONSOLE_PATH}${name}`, { file, cacheControl }];
      }),
  );
  return { shell: files.get(SHELL_FILE) ?? null, element: files.get(ELEMENT_FILE) ?? null, assets };
}

/** Returns the headers of the console. The policy allows what the page needs and nothing else: no inline code, no other origin. */
function headersOf(connectOrigins: readonly string[]): Readonly<Record<string, string>> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      ['connect-src', "'self'", ...connectOrigins].join(' '),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'clipboard-write=(self)',
  };
}

/** Returns the path of a request target as it was sent. It is not decoded, so it equals a path of the map or it does not. */
const pathOf = (target: string): string => target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');

/**
 * Registers `/console/`. Each view has a path of its own, so an unknown path is the same page for a browser, and 404 for any
 * other client. The scope must not allow other origins.
 */
export function registerConsole(app: FastifyInstance, { shell, assets }: ConsoleFiles, connectOrigins: readonly string[]): void {
  if (!shell) return;
  const headers = headersOf(connectOrigins);
  app.get(CONSOLE_PATH.slice(0, -1), (_request, reply) => reply.redirect(CONSOLE_PATH, 308));
  app.get(`${CONSOLE_PATH}*`, (request, reply) => {
    const path = pathOf(request.url);
    const asset = assets.get(path);
    void reply.headers(headers).header('vary', asset ? 'Accept-Encoding' : 'Accept, Accept-Encoding');
    if (asset) return sendStaticFile(request, reply, asset.file, asset.cacheControl);
    if (path === CONSOLE_PATH || prefersHtml(request)) return sendStaticFile(request, reply, shell, CACHE_CONTROL.shell);
    return sendError(reply, 404, request.id);
  });
}

/** Registers the script of `<keyward-keys>`, which pages of every origin may load. It contains no data. */
export function registerElement(app: FastifyInstance, { element }: ConsoleFiles): void {
  if (!element) return;
  const allowEveryOrigin = (reply: FastifyReply) =>
    reply.headers({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Accept-Encoding',
    });
  app.get(ELEMENT_PATH, (request, reply) => sendStaticFile(request, allowEveryOrigin(reply), element, CACHE_CONTROL.other));
}
