import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config.js';
import { SETTINGS } from '../src/config-settings.js';

const SECRET = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
const DATABASE_URL = 'postgresql://user:hunter2@db.example.com:5432/keyward';

const JWKS_ERROR = 'AUTH_JWKS_URL must be an https:// or file:// URL (http:// only for this machine, or with AUTH_JWKS_ALLOW_HTTP=true).';

const errorsOf = (env: Record<string, string>) => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
};

describe('configuration', () => {
  test('every setting has a default', () => {
    expect(readConfig({}, false)).toEqual({
      production: false,
      host: '127.0.0.1',
      port: 4000,
      database: { kind: 'embedded' },
      redisUrl: undefined,
      dataDir: `${process.cwd()}/data`,
      appSecrets: undefined,
      keysPerUserMax: 5,
      keyNamespace: 'amos',
      passwordBcryptCost: 12,
      accessTokenTtlSeconds: 900,
      refreshTokenTtlSeconds: 2_592_000,
      localAccounts: true,
      identityProvider: null,
      externalIdNamespace: null,
      scopeCatalogue: [],
      signUpIsOpen: true,
      signUpsPerHour: 20,
      expiryWarningDays: 14,
      expiryNoticeDays: [14, 7, 1],
      webhookPrivateTargets: [],
      consoleIsEnabled: true,
      consoleOrigin: null,
      consoleConnectOrigins: [],
      productName: 'Keyward',
      consoleClient: null,
      exampleRequest: null,
      trustedProxies: [],
      verifierTokens: [],
      verificationIsRestricted: false,
      verificationCacheKeys: 200_000,
      corsOrigins: ['https://studio.apollographql.com'],
      introspection: true,
      logLevel: 'info',
      logFormat: 'json',
      metricsToken: undefined,
    });
  });

  test('an empty value counts as unset', () => {
    const empty = Object.fromEntries(SETTINGS.map(({ name }) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  test('.env.example has every setting with its default, and no other line', () => {
    const lines = readFileSync('.env.example', 'utf8').split('\n');
    const settings = Object.fromEntries(lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('=') as [string, string]));
    expect(Object.keys(settings).sort()).toEqual(SETTINGS.map(({ name }) => name).sort());
    expect(readConfig(settings)).toEqual(readConfig({}));
  });

  test.each(SETTINGS)('the description of $name is whole sentences', ({ form, description }) => {
    expect(description).toMatch(/^[A-Z`].*\.$/);
    expect(form).toMatch(/[^.]$/);
  });

  test('H7: METRICS_TOKEN has at least 16 visible characters', () => {
    expect(readConfig({ METRICS_TOKEN: '0123456789abcdef' }).metricsToken).toBe('0123456789abcdef');
    for (const token of ['hunter2', '0123456789abcde', '0123456789 abcdef', '0123456789abcdéf']) {
      expect(errorsOf({ METRICS_TOKEN: token })).toEqual([expect.stringMatching(/^METRICS_TOKEN must /)]);
    }
  });

  test('LOG_FORMAT defaults to json in production and without a terminal', () => {
    const formats = (isTerminal: boolean) =>
      [{}, { NODE_ENV: 'production' }, { NODE_ENV: 'production', LOG_FORMAT: 'pretty' }, { LOG_FORMAT: 'json' }].map(
        (env: Record<string, string>) => readConfig(env, isTerminal).logFormat,
      );
    expect(formats(true)).toEqual(['pretty', 'json', 'pretty', 'json']);
    expect(formats(false)).toEqual(['json', 'json', 'pretty', 'json']);
    expect(errorsOf({ LOG_FORMAT: 'logfmt' })).toEqual(['LOG_FORMAT must be json or pretty.']);
  });

  test('reports all errors together, each with its setting, and repeats no value', () => {
    const env = {
      NODE_ENV: 'hunter2',
      PORT: '70000',
      DATABASE_URL: 'mysql://user:hunter2@db/keyward',
      REDIS_URL: 'https://user:hunter2@cache',
      APP_SECRETS: `${SECRET},hunter2!,aGk=,${Buffer.alloc(32, 7).toString('base64')}`,
      MAX_KEYS_PER_USER: '0',
      KEY_NAMESPACE: 'Hunter2',
      BCRYPT_COST: '9',
      AUTH_MODE: 'hunter2',
      AUTH_ISSUER: 'hunter2 hunter2',
      AUTH_JWKS_URL: 'http://hunter2.example.com/jwks',
      TRUSTED_PROXIES: 'hunter2',
      VERIFIER_TOKENS: 'good-and-long-enough,hunter2 hunter2,hunter2',
      SCOPES: 'orders:read,Hunter2',
      SIGN_UP: 'hunter2',
      SIGN_UPS_PER_HOUR: 'many',
      EXPIRY_WARNING_DAYS: '-1',
      CORS_ORIGINS: 'https://app.example.com/hunter2',
      INTROSPECTION: 'hunter2',
      LOG_LEVEL: 'hunter2',
    };
    const errors = errorsOf(env);
    expect(errors).toEqual([
      'PORT must be a whole number from 0 to 65535.',
      'DATABASE_URL must be a URL like postgresql://user:password@host:5432/database.',
      'REDIS_URL must be a URL like redis://user:password@host:6379, or rediss://… for TLS.',
      'APP_SECRETS item 2 is not base64 (create a secret with: openssl rand -base64 32).',
      'APP_SECRETS item 3 is shorter than 32 bytes (create a secret with: openssl rand -base64 32).',
      'APP_SECRETS item 4 consists of one repeated byte (create a secret with: openssl rand -base64 32).',
      'MAX_KEYS_PER_USER must be a whole number from 1 to 100000.',
      'KEY_NAMESPACE must be 2 to 12 lower-case letters and digits that start with a letter, but not svc.',
      'BCRYPT_COST must be a whole number from 10 to 14.',
      'SIGN_UP must be open or closed.',
      'SIGN_UPS_PER_HOUR must be a whole number from 0 to 1000000.',
      'EXPIRY_WARNING_DAYS must be a whole number from 0 to 3650.',
      'AUTH_MODE must be local, external, both or product.',
      'AUTH_ISSUER must be 1 to 500 visible ASCII characters, without spaces.',
      'TRUSTED_PROXIES item 1 must be an IP address or a CIDR range.',
      'VERIFIER_TOKENS item 2 must be a token of at least 16 visible ASCII characters, without spaces (create one with: openssl rand -hex 32).',
      'VERIFIER_TOKENS item 3 must be a token of at least 16 visible ASCII characters, without spaces (create one with: openssl rand -hex 32).',
      'SCOPES item 2 must be lower-case letters, digits and . _ : - (and may end in :*).',
      'CORS_ORIGINS item 1 must be an origin like https://app.example.com.',
      'INTROSPECTION must be true or false.',
      'LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent.',
      'NODE_ENV must be production, development or test.',
      JWKS_ERROR,
      'AUTH_AUDIENCE is required with an identity provider. Set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL together.',
    ]);
    expect(errors.join()).not.toMatch(/hunter2/i);
  });

  test('AUTH_CONSOLE_CLIENT_ID requires an identity provider', () => {
    expect(errorsOf({ AUTH_CONSOLE_CLIENT_ID: 'console' })).toEqual(
      ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL'].map(
        (name) => `${name} is required with an identity provider. Set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL together.`,
      ),
    );
  });

  test.each([
    ['AUTH_CONSOLE_SCOPE', 'email', 'scopes of OpenID Connect, separated by single spaces, that include openid'],
    ['AUTH_CONSOLE_SCOPE', 'openid  email', 'scopes of OpenID Connect, separated by single spaces, that include openid'],
    ['CONSOLE_PRODUCT_NAME', 'x'.repeat(101), '1 to 100 characters, without control characters'],
    ['CONSOLE_EXAMPLE_URL', 'ftp://example.com', 'a URL like https://api.example.com/v1/ping'],
    ['CONSOLE_EXAMPLE_URL', 'https://user:hunter2@example.com', 'a URL like https://api.example.com/v1/ping'],
    ['CONSOLE_EXAMPLE_HEADER', 'X API Key', 'the name of a header, or a name and a scheme such as Authorization: Bearer'],
    ['CONSOLE', 'yes', 'true or false'],
    ['CONSOLE_ORIGIN', 'keys.example.com', 'an origin like https://keys.example.com'],
    ['CONSOLE_ORIGIN', 'https://keys.example.com/', 'an origin like https://keys.example.com'],
    ['CONSOLE_ORIGIN', 'ftp://keys.example.com', 'an origin like https://keys.example.com'],
  ])('%s rejects %s', (name, value, form) => {
    expect(errorsOf({ [name]: value })).toEqual([`${name} must be ${form}.`]);
  });

  test.each(['*', 'https://id.example.com/', 'https://*.example.com', 'https://a;script-src', "https://a'b", 'data:', 'https://a b'])(
    'CONSOLE_CONNECT_ORIGINS rejects %s, which is not an origin or would change the policy of the page',
    (origin) => {
      expect(errorsOf({ CONSOLE_CONNECT_ORIGINS: `https://id.example.com,${origin}` })).toEqual([
        'CONSOLE_CONNECT_ORIGINS item 2 must be an origin like https://id.example.com.',
      ]);
    },
  );

  test('the console may call the issuer, once, if it can sign in there, and the other configured origins', () => {
    const provider = {
      AUTH_ISSUER: 'https://id.example.com/realms/a',
      AUTH_AUDIENCE: 'keyward',
      AUTH_JWKS_URL: 'https://id.example.com/jwks',
    };
    const CONSOLE_CONNECT_ORIGINS = 'https://token.example.com,https://id.example.com';
    const originsWith = (env: Record<string, string>) => readConfig(env).consoleConnectOrigins;
    expect(originsWith(provider)).toEqual([]);
    expect(originsWith({ ...provider, AUTH_CONSOLE_CLIENT_ID: 'console', CONSOLE_CONNECT_ORIGINS })).toEqual([
      'https://id.example.com',
      'https://token.example.com',
    ]);
    expect(originsWith({ ...provider, AUTH_CONSOLE_CLIENT_ID: 'console', AUTH_MODE: 'local' })).toEqual([]);
  });

  test.each(['id.example.com', 'urn:example:issuer', 'https://a;b.example'])('AUTH_ISSUER must be a URL for the console: %s', (issuer) => {
    const env = { AUTH_ISSUER: issuer, AUTH_AUDIENCE: 'keyward', AUTH_JWKS_URL: 'https://id.example.com/jwks' };
    expect(errorsOf(env)).toEqual([]);
    expect(errorsOf({ ...env, AUTH_CONSOLE_CLIENT_ID: 'console' })).toEqual([
      'AUTH_ISSUER must be a URL like https://id.example.com with AUTH_CONSOLE_CLIENT_ID, because the console signs in there.',
    ]);
  });

  test.each(['10', '0x7f.1', '10.0.0.0/33', '10/8', 'proxy.example.com'])('TRUSTED_PROXIES rejects %s', (proxy) => {
    expect(errorsOf({ TRUSTED_PROXIES: proxy })).toEqual(['TRUSTED_PROXIES item 1 must be an IP address or a CIDR range.']);
    expect(errorsOf({ TRUSTED_PROXIES: '10.0.0.1, 10.0.0.0/8, ::1, fd00::/8' })).toEqual([]);
  });

  test.each(['0.0.0.0/0', '128.0.0.0/1', '10.0.0.0/7', '::/0', '8000::/1', '2000::/3', '::ffff:0:0/96', '::ffff:10.0.0.0/103'])(
    'J4: TRUSTED_PROXIES rejects %s, which contains clients as well as proxies',
    (range) => {
      const expected = expect.stringMatching(/^TRUSTED_PROXIES item 2 is wider than \/\d+, so it would trust addresses of clients\.$/);
      expect(errorsOf({ TRUSTED_PROXIES: `10.0.0.1,${range}` })).toEqual([expected]);
      expect(errorsOf({ TRUSTED_PROXIES: '10.0.0.0/8,fc00::/7,::ffff:10.0.0.0/104,::ffff:10.0.0.1' })).toEqual([]);
    },
  );

  test.each([
    ['VERIFIER_TOKENS', 'a-token-of-16-chars'],
    ['SCOPES', 'orders:read'],
    ['TRUSTED_PROXIES', '10.0.0.1'],
    ['CORS_ORIGINS', 'https://app.example.com'],
    ['APP_SECRETS', SECRET],
  ])('J4: %s rejects an empty or a repeated item in any spelling, because it must not become an empty list', (name, item) => {
    expect(errorsOf({ [name]: item })).toEqual([]);
    const isEmpty = (position: number) => `${name} item ${position} is empty. Remove it and its comma.`;
    expect(errorsOf({ [name]: ',' })).toEqual([isEmpty(1), isEmpty(2)]);
    expect(errorsOf({ [name]: ' , ' })).toEqual([isEmpty(1), isEmpty(2)]);
    expect(errorsOf({ [name]: `${item},` })).toEqual([isEmpty(2)]);
    expect(errorsOf({ [name]: `,${item}` })).toEqual([isEmpty(1)]);
    expect(errorsOf({ [name]: `${item}, ${item}` })).toEqual([`${name} item 2 repeats item 1. Remove it.`]);
  });

  test('J4: rejects a verifier token that can be guessed', () => {
    expect(errorsOf({ VERIFIER_TOKENS: 'x'.repeat(15) })).toEqual([
      expect.stringMatching(/^VERIFIER_TOKENS item 1 must be a token of at least 16 /),
    ]);
    expect(errorsOf({ VERIFIER_TOKENS: 'x'.repeat(16) })).toEqual([]);
  });

  test.each(['Production', 'PRODUCTION', 'prod', 'production ', 'live', 'staging', 'true'])(
    'J4: rejects NODE_ENV=%j, because a misspelt production would mean development',
    (value) => {
      expect(errorsOf({ NODE_ENV: value })).toEqual(['NODE_ENV must be production, development or test.']);
    },
  );

  test.each(['1e3', '-1', '12.5', '0x10', ' ', 'ten', '4000000000000'])('PORT rejects %j', (port) => {
    expect(errorsOf({ PORT: port })).toEqual(port.trim() === '' ? [] : ['PORT must be a whole number from 0 to 65535.']);
  });

  test('J4: rejects DATABASE_URL without APP_SECRETS, together with any other error', () => {
    const missing = expect.stringMatching(/^APP_SECRETS is required with DATABASE_URL/);
    expect(errorsOf({ DATABASE_URL })).toEqual([missing]);
    expect(errorsOf({ DATABASE_URL, PORT: 'x' })).toEqual(['PORT must be a whole number from 0 to 65535.', missing]);
    expect(errorsOf({ DATABASE_URL, APP_SECRETS: SECRET })).toEqual([]);
  });

  test('J4: decodes the secrets, newest first', () => {
    const other = Buffer.from('abcdefghijklmnopqrstuvwxyz012345').toString('base64');
    expect(readConfig({ APP_SECRETS: `${SECRET}, ${other}` }).appSecrets?.map(String)).toEqual([
      '0123456789abcdef0123456789abcdef',
      'abcdefghijklmnopqrstuvwxyz012345',
    ]);
  });

  describe('the identity provider', () => {
    const PROVIDER = { AUTH_ISSUER: 'https://id.example.com/', AUTH_AUDIENCE: 'keys', AUTH_JWKS_URL: 'https://id.example.com/jwks' };
    const provider = { issuer: 'https://id.example.com/', audience: 'keys', jwksUrl: new URL('https://id.example.com/jwks') };

    test.each([
      [undefined, { localAccounts: true, identityProvider: provider }],
      ['both', { localAccounts: true, identityProvider: provider }],
      ['external', { localAccounts: false, identityProvider: provider }],
      ['local', { localAccounts: true, identityProvider: null }],
    ])('AUTH_MODE=%s with all settings of the provider means %j', (mode, expected) => {
      expect(readConfig({ ...PROVIDER, ...(mode && { AUTH_MODE: mode }) })).toMatchObject(expected);
    });

    test('rejects incomplete settings, and a mode that needs a provider, and names each missing setting', () => {
      const missing = (...names: string[]) =>
        names.map((name) => `${name} is required with an identity provider. Set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL together.`);
      expect(errorsOf({ AUTH_MODE: 'external' })).toEqual(missing('AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL'));
      expect(errorsOf({ AUTH_MODE: 'both', AUTH_ISSUER: 'x' })).toEqual(missing('AUTH_AUDIENCE', 'AUTH_JWKS_URL'));
      expect(errorsOf({ AUTH_AUDIENCE: 'x' })).toEqual(missing('AUTH_ISSUER', 'AUTH_JWKS_URL'));
      expect(errorsOf({ AUTH_MODE: 'local', AUTH_JWKS_URL: PROVIDER.AUTH_JWKS_URL })).toEqual(missing('AUTH_ISSUER', 'AUTH_AUDIENCE'));
    });

    test('rejects the issuers of Keyward and of the product', () => {
      expect(errorsOf({ ...PROVIDER, AUTH_ISSUER: 'keyward' })).toEqual([
        'AUTH_ISSUER must not be keyward, because that is the issuer of the tokens of Keyward itself.',
      ]);
      expect(errorsOf({ ...PROVIDER, AUTH_ISSUER: 'product' })).toEqual([
        'AUTH_ISSUER must not be product, because that name stands for the ids of your product.',
      ]);
    });

    test('AUTH_JWKS_ALLOW_HTTP=true allows plain http to any host for the keys, and for no other setting', () => {
      const errorsAt = (url: string, allow = 'true') => errorsOf({ ...PROVIDER, AUTH_JWKS_URL: url, AUTH_JWKS_ALLOW_HTTP: allow });
      expect(errorsAt('http://app:3000/jwks.json')).toEqual([]);
      for (const url of ['http://u:p@app/', 'ftp://app/', 'jwks.json', 'data:,{}']) expect(errorsAt(url)).toEqual([JWKS_ERROR]);
      expect(errorsAt('http://app:3000/jwks.json', 'false')).toEqual([JWKS_ERROR]);
      expect(errorsAt('https://id.example.com/jwks', 'yes')).toEqual(['AUTH_JWKS_ALLOW_HTTP must be true or false.']);
    });

    test.each(['http://localhost:8080/jwks', 'http://127.0.0.1/jwks', 'http://[::1]:1/jwks', 'https://id.example.com/jwks?a=b'])(
      'accepts keys at %s',
      (url) => expect(errorsOf({ ...PROVIDER, AUTH_JWKS_URL: url })).toEqual([]),
    );

    test.each([
      'jwks.json',
      'ftp://id.example.com/',
      'http://id.example.com/',
      'http://127.0.0.1.example.com/',
      'https://u:p@id.example.com/',
    ])('rejects keys at %s', (url) => expect(errorsOf({ ...PROVIDER, AUTH_JWKS_URL: url })).toEqual([JWKS_ERROR]));

    test.each([
      ['{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}', []],
      [null, ['AUTH_JWKS_URL must be a readable file that contains a JWK set.']],
      ['{}', ['AUTH_JWKS_URL must be a readable file that contains a JWK set.']],
      ['not JSON', ['AUTH_JWKS_URL must be a readable file that contains a JWK set.']],
      ['{"keys":[]}', ['AUTH_JWKS_URL must be a file with at least one public key.']],
      [
        '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA","d":"AAAA"}]}',
        ['AUTH_JWKS_URL must be a file with public keys only, but contains a private or secret key.'],
      ],
      [
        '{"keys":[{"kty":"oct","k":"AAAA"}]}',
        ['AUTH_JWKS_URL must be a file with public keys only, but contains a private or secret key.'],
      ],
    ])('the server checks at the start a key file that contains %s', (content, errors) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'keyward-jwks-'));
      const file = path.join(folder, 'jwks.json');
      if (content !== null) writeFileSync(file, content);
      expect(errorsOf({ ...PROVIDER, AUTH_JWKS_URL: pathToFileURL(file).href })).toEqual(errors);
      rmSync(folder, { recursive: true });
    });
  });

  test('in production introspection and CORS are off by default', () => {
    expect(readConfig({ NODE_ENV: 'production' })).toMatchObject({ introspection: false, corsOrigins: [] });
    expect(readConfig({ NODE_ENV: 'production', INTROSPECTION: 'true' }).introspection).toBe(true);
  });
});
