import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BUILD, writeBuild } from '../support/console-build.js';
import { type ExchangeOptions, exchange } from '../support/exchange.js';
import { sendRaw } from '../support/raw-http.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/test-app.js';
import { AUDIENCE, ISSUER } from '../support/token-issuer.js';

/** The Accept header of Chromium for a page. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'clipboard-write=(self)',
  'x-content-type-options': 'nosniff',
};

const ASSET = '/console/assets/app-4e5f6071.js';
const ELEMENT = '/embed/v1/keyward-keys.js';

let app: TestApp;
let get: (target: string, headers?: ExchangeOptions['headers'], method?: string) => ReturnType<typeof exchange>;

/** Starts a server with the stand-in, and returns it with a function that sends requests to it. */
async function startWith(options: TestAppOptions): Promise<{ app: TestApp; get: typeof get; port: number }> {
  const started = await startTestApp({ consoleFolder: writeBuild(), ...options });
  const port = Number(new URL(await started.http.listen({ port: 0, host: '127.0.0.1' })).port);
  return { app: started, get: (target, headers = {}, method = 'GET') => exchange(port, target, { method, headers }), port };
}

let port: number;
beforeAll(async () => {
  ({ app, get, port } = await startWith({ env: { CORS_ORIGINS: 'https://app.example.com' } }));
});
afterAll(() => app.close());

describe('W1: the page of the console', () => {
  test.each(['/console/', '/console/sign-in', '/console/keys/1?tab=use', '/console/nothing.js'])(
    'has the exact security headers and no inline code at %s',
    async (target) => {
      const { status, headers, body } = await get(target, { accept: BROWSER });
      expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'text/html; charset=utf-8', 'no-store']);
      expect(headers).toMatchObject(HEADERS);
      expect(headers.vary).toBe('Accept, Accept-Encoding');
      expect(body.toString()).toBe(BUILD['index.html']);
    },
  );

  test('allows requests to the issuer and to CONSOLE_CONNECT_ORIGINS, and to no other origin', async () => {
    const provider = { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_URL: 'https://id.example.com/jwks' };
    const policyWith = async (env: Record<string, string>) => {
      const other = await startWith({ env });
      const { headers } = await other.get('/console/', { accept: BROWSER });
      await other.app.close();
      return headers['content-security-policy'];
    };
    expect(await policyWith(provider)).toBe(POLICY);
    const { origin } = new URL(ISSUER);
    expect(await policyWith({ ...provider, AUTH_CONSOLE_CLIENT_ID: 'console' })).toBe(
      POLICY.replace("connect-src 'self'", `connect-src 'self' ${origin}`),
    );
    const CONSOLE_CONNECT_ORIGINS = `https://token.example.com:8443,${origin}`;
    expect(await policyWith({ ...provider, AUTH_CONSOLE_CLIENT_ID: 'console', CONSOLE_CONNECT_ORIGINS })).toBe(
      POLICY.replace("connect-src 'self'", `connect-src 'self' ${origin} https://token.example.com:8443`),
    );
  });

  test('allows no other origin to read it or its files', async () => {
    for (const target of ['/console/', ASSET]) {
      const { headers } = await get(target, { accept: BROWSER, origin: 'https://app.example.com' });
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });

  test('is at /console/, and /console leads to it', async () => {
    const { status, headers } = await get('/console');
    expect([status, headers.location]).toEqual([308, '/console/']);
    expect((await get('/console/', { accept: '*/*' })).status).toBe(200);
  });
});

describe('the files of the console', () => {
  test.each([
    [ASSET, 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/console/assets/app-8293a4b5.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/console/icon.svg', 'image/svg+xml', 'no-cache'],
  ])('are sent with their type and their caching: %s', async (target, type, cacheControl) => {
    const { status, headers, body } = await get(target);
    expect([status, headers['content-type'], headers['cache-control'], headers.vary]).toEqual([200, type, cacheControl, 'Accept-Encoding']);
    expect(headers).toMatchObject(HEADERS);
    expect(body.toString()).toBe(BUILD[target.replace('/console/', '') as keyof typeof BUILD]);
  });

  test.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
    ['identity', undefined, (body: Buffer) => body],
    ['zstd', undefined, (body: Buffer) => body],
    [undefined, undefined, (body: Buffer) => body],
  ] as const)('are compressed as the client accepts it: %s', async (accepted, encoding, decompress) => {
    for (const [target, content] of [
      [ASSET, BUILD['assets/app-4e5f6071.js']],
      [ELEMENT, BUILD['embed/keyward-keys.js']],
      ['/console/assets/app-8293a4b5.css', BUILD['assets/app-8293a4b5.css']],
    ] as const) {
      const { headers, body } = await get(target, { 'accept-encoding': accepted });
      expect([headers['content-encoding'], headers.vary]).toEqual([encoding, 'Accept-Encoding']);
      expect(decompress(body).toString()).toBe(content);
      if (encoding) expect(body.length).toBeLessThan(content.length / 5);
    }
  });

  test('have an ETag for each encoding, and 304 without a body repeats the headers', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (accepted) => {
        const full = await get(ASSET, { 'accept-encoding': accepted });
        const etag = full.headers.etag ?? '';
        for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
          const { status, headers, body } = await get(ASSET, { 'accept-encoding': accepted, 'if-none-match': known });
          expect([status, body.length, headers.etag]).toEqual([304, 0, etag]);
          expect(headers).toMatchObject({ ...HEADERS, 'cache-control': full.headers['cache-control'], vary: 'Accept-Encoding' });
        }
        expect((await get(ASSET, { 'accept-encoding': accepted, 'if-none-match': '"x"' })).status).toBe(200);
        return etag;
      }),
    );
    expect(new Set(tags).size).toBe(3);
    expect((await get(ASSET, { 'accept-encoding': 'br', 'if-none-match': tags[1] })).status).toBe(200);
  });

  test('answer HEAD with the headers of GET', async () => {
    for (const target of ['/console/', ASSET, ELEMENT]) {
      const headersOf = async (method: string) => {
        const { status, headers, body } = await get(target, { accept: BROWSER, 'accept-encoding': 'br' }, method);
        const { date: _date, 'x-request-id': _id, ...rest } = headers;
        return { status, rest, length: body.length };
      };
      const [full, head] = [await headersOf('GET'), await headersOf('HEAD')];
      expect(head).toEqual({ ...full, length: 0 });
      expect(full.rest['content-length']).toBe(String(full.length));
    }
  });

  test('are read once: a file that changes or disappears later is served as it was', async () => {
    const folder = writeBuild();
    const other = await startWith({ consoleFolder: folder });
    writeFileSync(path.join(folder, 'assets/app-4e5f6071.js'), 'changed');
    rmSync(path.join(folder, 'index.html'));
    expect((await other.get(ASSET)).body.toString()).toBe(BUILD['assets/app-4e5f6071.js']);
    expect((await other.get('/console/')).body.toString()).toBe(BUILD['index.html']);
    await other.app.close();
  });

  test('are sent uncompressed if the variants are of another build', async () => {
    const folder = writeBuild();
    writeFileSync(path.join(folder, 'embed/keyward-keys.js'), 'the next build');
    const other = await startWith({ consoleFolder: folder });
    const { headers, body } = await other.get(ELEMENT, { 'accept-encoding': 'br' });
    expect([headers['content-encoding'], body.toString()]).toEqual([undefined, 'the next build']);
    await other.app.close();
  });
});

describe('W9: a path under /console/', () => {
  const MANIFEST = readFileSync('package.json', 'utf8');
  const TARGETS = [
    '/console/../package.json',
    '/console/../../package.json',
    '/console/../../../../../../etc/passwd',
    '/console/..%2f..%2fpackage.json',
    '/console/%2e%2e/%2e%2e/package.json',
    '/console/%252e%252e%252fpackage.json',
    '/console/..%5c..%5cpackage.json',
    '/console/..\\..\\package.json',
    '/console/assets/../../../package.json',
    '/console/assets/..;/..;/package.json',
    '/console//etc/passwd',
    '/console/%00',
    `${ASSET}%00.html`,
    '/console/index.html',
    '/console/.stamp',
    '/console/.compressed/',
    '/console/embed/keyward-keys.js',
    '/console/assets/',
    '/console/assets/app-4E5F6071.js',
    '/console/%61ssets/app-4e5f6071.js',
    '/console/__proto__',
    '/console/constructor',
    '/console/assets/missing-0a1b2c3d.js',
  ];

  test.each(TARGETS)('is 404 or the page, and never another file: %s', async (target) => {
    const raw = (accept: string) => sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`);
    const asProgram = await raw('*/*');
    expect(asProgram).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(asProgram).toContain('"BAD_REQUEST"');
    const asBrowser = await raw('text/html');
    expect(asBrowser).toMatch(/^HTTP\/1\.1 (?:200|400|404) /);
    for (const answer of [asProgram, asBrowser]) {
      expect(answer).not.toContain('root:');
      expect(answer).not.toContain(MANIFEST.slice(0, 40));
    }
    if (asBrowser.startsWith('HTTP/1.1 200')) expect(asBrowser.split('\r\n\r\n')[1]).toBe(BUILD['index.html']);
  });

  test('is 400 or 404 with a NUL or a control character', async () => {
    for (const character of ['\0', '\x01', '\x7f', '\r', '\n']) {
      const answer = await sendRaw(port, `GET /console/a${character}b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    }
  });

  test('is found in a request target of absolute form', async () => {
    const answer = await sendRaw(port, `GET http://x${ASSET} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*the application/);
  });

  test('never leads outside the folder by a link in the build', async () => {
    const folder = writeBuild();
    symlinkSync(path.resolve('package.json'), path.join(folder, 'assets/package.json'));
    symlinkSync(path.resolve('docs'), path.join(folder, 'docs'));
    mkdirSync(path.join(folder, '.vite'));
    writeFileSync(path.join(folder, '.vite/manifest.json'), '{}');
    const other = await startWith({ consoleFolder: folder });
    for (const target of ['/console/assets/package.json', '/console/docs/README.md', '/console/.vite/manifest.json'])
      expect((await other.get(target)).status).toBe(404);
    await other.app.close();
  });

  test('accepts only GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await get('/console/', {}, method)).status).toBe(404);
  });
});

describe('the script of the element', () => {
  test('can be loaded by a page of every origin, and is checked for changes at each use', async () => {
    for (const origin of [undefined, 'https://app.example.com', 'https://anywhere.example']) {
      const { status, headers, body } = await get(`${ELEMENT}?v=1`, { origin });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        vary: 'Accept-Encoding',
      });
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(body.toString()).toBe(BUILD['embed/keyward-keys.js']);
      const again = await get(ELEMENT, { origin, 'if-none-match': headers.etag });
      expect([again.status, again.headers['access-control-allow-origin']]).toEqual([304, '*']);
    }
  });

  test('is the only file under /embed/', async () => {
    for (const target of ['/embed/', '/embed/v1/', '/embed/v1/index.html', '/embed/v2/keyward-keys.js'])
      expect((await get(target, { accept: BROWSER })).status).toBe(404);
  });
});

describe('GET /', () => {
  test('leads a browser to the console, and returns JSON to other clients', async () => {
    const { status, headers } = await get('/', { accept: BROWSER });
    expect([status, headers.location, headers['cache-control']]).toEqual([302, '/console/', 'no-store']);
    expect(headers.vary).toContain('Accept');
    expect((await get('/', { accept: '*/*' })).headers['content-type']).toBe('application/json; charset=utf-8');
  });
});

describe('CONSOLE=false', () => {
  test('makes / and /console/ respond with 404 to every client, and leaves the element', async () => {
    const off = await startWith({ env: { CONSOLE: 'false' } });
    for (const accept of [BROWSER, '*/*']) {
      for (const target of ['/', '/console', '/console/', ASSET]) {
        const { status, body } = await off.get(target, { accept });
        expect([target, status, JSON.parse(body.toString()).errors[0].extensions.code]).toEqual([target, 404, 'BAD_REQUEST']);
      }
    }
    expect((await off.get(ELEMENT)).status).toBe(200);
    await off.app.close();
  });
});

describe('a start without a build', () => {
  const warnings = (target: TestApp) =>
    target
      .logs()
      .split('\n')
      .filter((line) => line.includes('Files of the console are missing'));

  test.each([
    ['no folder', () => '/nonexistent/console/dist', ['index.html', 'embed/keyward-keys.js']],
    ['a file instead of the folder', () => path.resolve('package.json'), ['index.html', 'embed/keyward-keys.js']],
    ['an empty folder', () => writeBuild({}), ['index.html', 'embed/keyward-keys.js']],
    ['a build without the element', () => writeBuild({ 'index.html': BUILD['index.html'] }), ['embed/keyward-keys.js']],
    ['a build without the page', () => writeBuild({ 'embed/keyward-keys.js': 'x' }), ['index.html']],
  ])('logs one line and responds with 404 for what is missing: %s', async (_case, folderOf, missing) => {
    const consoleFolder = folderOf();
    const other = await startWith({ consoleFolder });
    expect(warnings(other.app).map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ folder: consoleFolder, missing })]);
    const statuses = async (accept: string) =>
      Promise.all(['/console/', ELEMENT, '/'].map(async (target) => (await other.get(target, { accept })).status));
    const [page, element] = [missing.includes('index.html'), missing.includes('embed/keyward-keys.js')];
    expect(await statuses(BROWSER)).toEqual([page ? 404 : 200, element ? 404 : 200, page ? 404 : 302]);
    expect(await statuses('*/*')).toEqual([page ? 404 : 200, element ? 404 : 200, 200]);
    expect((await other.get('/readyz')).status).toBe(200);
    await other.app.close();
  });

  test('with a whole build, the start logs nothing about it', () => expect(warnings(app)).toEqual([]));
});
