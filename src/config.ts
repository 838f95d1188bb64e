import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { scopeFault } from './api-keys/scopes.js';
import { PRODUCT } from './auth/external/id-namespace.js';
import type { IdentityProvider } from './auth/external/identity-provider.js';
import { keySourceFault } from './auth/external/key-source.js';
import { LOCAL_ISSUER } from './auth/sessions/access-token.js';
import { StartupError } from './platform/errors/keyward-error.js';
import { trustedProxyFault } from './platform/ip/trusted-proxies.js';
import { secretFault } from './platform/secrets.js';

/** Everything that can be set, read and checked. See `.env.example` for what each setting means. */
export interface Config {
  production: boolean;
  host: string;
  port: number;
  database: { kind: 'embedded' } | { kind: 'external'; url: string };
  /** Where limits are counted for all processes together. Undefined: each counts for itself. */
  redisUrl: string | undefined;
  /** Absolute. Holds the embedded database and the secrets made for it. */
  dataDir: string;
  /** Newest first. Undefined: made once and kept in `dataDir`. */
  appSecrets: readonly Buffer[] | undefined;
  keysPerUserMax: number;
  keyNamespace: string;
  passwordBcryptCost: number;
  accessTokenTtlSeconds: number;
  refreshTokenTtlSeconds: number;
  /** Whether people can make accounts themselves. */
  signUpIsOpen: boolean;
  /** From one network (an IPv4 address, an IPv6 /64). 0 for no limit. */
  signUpsPerHour: number;
  /** A key that ends within so many days `expiresSoon`. */
  expiryWarningDays: number;
  /** Whether accounts with a password are kept here. If not, there is an identity provider. */
  localAccounts: boolean;
  /** Null: none, there are only accounts with a password. */
  identityProvider: IdentityProvider | null;
  /** Addresses and CIDR ranges of the proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  corsOrigins: readonly string[];
  /** Who may verify keys. Empty: whoever holds the key. */
  verifierTokens: readonly string[];
  /** Maximum number of keys in the cache of verification. 0: each verification reads its row. */
  verificationCacheKeys: number;
  /** The scopes that keys can be granted. Empty: any. */
  scopeCatalogue: readonly string[];
  /** Whether the schema may be read. Outside production Apollo Sandbox is served then. */
  introspection: boolean;
  logLevel: string;
  logFormat: 'json' | 'pretty';
  /** Who may read /metrics. Undefined: nobody in production, elsewhere only this machine. */
  metricsToken: string | undefined;
}

const HOSTED_SANDBOX = 'https://studio.apollographql.com';

/**
 * A comma-separated list. An empty item is an error, and not left out: `"$A,$B"` with variables that are unset would otherwise
 * be an empty list, which allows everything. Messages tell items by their position: they may be secrets.
 */
const list = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .superRefine((items, context) => {
    for (const [index, item] of items.entries()) {
      const first = items.indexOf(item);
      if (item === '') context.addIssue({ code: 'custom', message: `item ${index + 1} is empty` });
      else if (first < index) context.addIssue({ code: 'custom', message: `item ${index + 1} is the same as item ${first + 1}` });
    }
  });

/** A list each of whose items is checked, once it is known that none is empty. */
const listOf = (faultOf: (item: string) => string | null) =>
  list.superRefine((items, context) => {
    for (const [index, item] of items.entries()) {
      const fault = faultOf(item);
      if (fault) context.addIssue({ code: 'custom', message: `item ${index + 1} ${fault}` });
    }
  });

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

const boolean = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

const isDatabaseUrl = (text: string) =>
  URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol) && new URL(text).pathname.length > 1;

const isRedisUrl = (text: string) => URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol) && new URL(text).hostname !== '';

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/** 16 random characters cannot be guessed. A shorter token is a word or a placeholder. */
const TOKEN_LENGTH_MIN = 16;

function tokenFault(token: string): string | null {
  if (!/^[\x21-\x7e]+$/.test(token)) return 'must be visible ASCII characters, without spaces';
  if (token.length >= TOKEN_LENGTH_MIN) return null;
  return `must have at least ${TOKEN_LENGTH_MIN} characters (create one with: openssl rand -hex 32)`;
}

/** What a JWT names an issuer or an audience with. */
const partyName = z.string().regex(/^[\x21-\x7e]{1,500}$/, 'must be visible ASCII characters, without spaces');

const issuerName = partyName.refine((issuer) => issuer !== LOCAL_ISSUER, 'must not be the name of our own tokens');

/** Returns what keeps a text from naming whose ids the external ids are, or null: an AUTH_ISSUER, or the product. */
export const issuerFault = (text: string): string | null => issuerName.safeParse(text).error?.issues[0]?.message ?? null;

const IDENTITY_PROVIDER_SETTINGS = ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL'] as const;

// No message may repeat a value: the settings hold secrets.
const environment = z
  .object({
    NODE_ENV: z.enum(['production', 'development', 'test'], 'must be production, development or test').optional(),
    HOST: z.string().default('127.0.0.1'),
    PORT: integer(0, 65_535).default(4_000),
    DATABASE_URL: z.string().refine(isDatabaseUrl, 'must be like postgresql://user:password@host:5432/database').optional(),
    REDIS_URL: z.string().refine(isRedisUrl, 'must be like redis://user:password@host:6379 or rediss://…').optional(),
    DATA_DIR: z.string().default('./data'),
    APP_SECRETS: listOf(secretFault)
      .transform((secrets) => secrets.map((secret) => Buffer.from(secret, 'base64')))
      .optional(),
    MAX_KEYS_PER_USER: integer(1, 100_000).default(5),
    KEY_NAMESPACE: z
      .string()
      .regex(/^[a-z][a-z0-9]{1,11}$/, 'must be 2 to 12 lower-case letters and digits, a letter first')
      .default('amos'),
    BCRYPT_COST: integer(10, 14).default(12),
    SIGN_UP: z.enum(['open', 'closed'], 'must be open or closed').default('open'),
    SIGN_UPS_PER_HOUR: integer(0, 1_000_000).default(20),
    EXPIRY_WARNING_DAYS: integer(0, 3_650).default(14),
    ACCESS_TOKEN_TTL_SECONDS: integer(1, 86_400).default(900),
    REFRESH_TOKEN_TTL_SECONDS: integer(60, 31_536_000).default(2_592_000),
    AUTH_MODE: z.enum(['local', 'external', 'both'], 'must be local, external or both').optional(),
    AUTH_ISSUER: issuerName.refine((issuer) => issuer !== PRODUCT, `must not be ${PRODUCT}`).optional(),
    AUTH_AUDIENCE: partyName.optional(),
    AUTH_JWKS_URL: z.string().optional(),
    AUTH_JWKS_ALLOW_HTTP: boolean.default(false),
    TRUSTED_PROXIES: listOf(trustedProxyFault).default([]),
    VERIFIER_TOKENS: listOf(tokenFault).default([]),
    VERIFICATION_CACHE_KEYS: integer(0, 10_000_000).default(200_000),
    SCOPES: listOf((scope) => scopeFault(scope) && 'must be a scope: lower-case letters, digits and . _ : -').default([]),
    CORS_ORIGINS: listOf((text) => (isOrigin(text) ? null : 'must be an origin like https://app.example.com')).optional(),
    INTROSPECTION: boolean.optional(),
    METRICS_TOKEN: z
      .string()
      .superRefine((token, context) => {
        const fault = tokenFault(token);
        if (fault !== null) context.addIssue({ code: 'custom', message: fault });
      })
      .optional(),
    LOG_FORMAT: z.enum(['json', 'pretty'], 'must be json or pretty').optional(),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be a level of pino').default('info'),
  })
  .refine((env) => env.DATABASE_URL === undefined || env.APP_SECRETS !== undefined, {
    path: ['APP_SECRETS'],
    message: 'is required with DATABASE_URL: every replica must have the same ones (make one with: openssl rand -base64 32)',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .superRefine(
    (env, context) => {
      const wanted =
        ['external', 'both'].includes(env.AUTH_MODE ?? '') || IDENTITY_PROVIDER_SETTINGS.some((name) => env[name] !== undefined);
      const missing = IDENTITY_PROVIDER_SETTINGS.filter((name) => env[name] === undefined);
      if (!wanted) return;
      const fault =
        env.AUTH_JWKS_URL === undefined ? null : keySourceFault(env.AUTH_JWKS_URL, { allowHttp: env.AUTH_JWKS_ALLOW_HTTP === true });
      if (fault) context.addIssue({ code: 'custom', path: ['AUTH_JWKS_URL'], message: fault });
      for (const name of missing) context.addIssue({ code: 'custom', path: [name], message: 'is required with an identity provider' });
    },
    { when: ({ value }) => typeof value === 'object' && value !== null },
  );

/** The names of all settings. `.env.example` is tested to hold each. */
export const SETTING_NAMES: readonly string[] = Object.keys(environment.shape);

/**
 * @param env the environment; an empty value counts as unset
 * @param isTerminal whether the log goes to a terminal
 * @throws {StartupError} with one line for each fault, all of them at once; no line repeats a value
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, isTerminal = process.stdout.isTTY === true): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const result = environment.safeParse(present);
  if (!result.success) {
    throw new StartupError(result.error.issues.map((issue) => `${issue.path[0]?.toString()} ${issue.message}`).join('\n'));
  }
  const settings = result.data;
  const production = settings.NODE_ENV === 'production';
  const introspection = settings.INTROSPECTION ?? !production;
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URL: jwksUrl } = settings;
  const authMode = settings.AUTH_MODE ?? (issuer === undefined ? 'local' : 'both');
  return {
    production,
    host: settings.HOST,
    port: settings.PORT,
    database: settings.DATABASE_URL === undefined ? { kind: 'embedded' } : { kind: 'external', url: settings.DATABASE_URL },
    redisUrl: settings.REDIS_URL,
    dataDir: path.resolve(settings.DATA_DIR),
    appSecrets: settings.APP_SECRETS,
    keysPerUserMax: settings.MAX_KEYS_PER_USER,
    keyNamespace: settings.KEY_NAMESPACE,
    passwordBcryptCost: settings.BCRYPT_COST,
    accessTokenTtlSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenTtlSeconds: settings.REFRESH_TOKEN_TTL_SECONDS,
    signUpIsOpen: settings.SIGN_UP === 'open',
    signUpsPerHour: settings.SIGN_UPS_PER_HOUR,
    expiryWarningDays: settings.EXPIRY_WARNING_DAYS,
    localAccounts: authMode !== 'external',
    identityProvider:
      authMode !== 'local' && issuer !== undefined && audience !== undefined && jwksUrl !== undefined
        ? { issuer, audience, jwksUrl: new URL(jwksUrl) }
        : null,
    trustedProxies: settings.TRUSTED_PROXIES,
    verifierTokens: settings.VERIFIER_TOKENS,
    verificationCacheKeys: settings.VERIFICATION_CACHE_KEYS,
    scopeCatalogue: settings.SCOPES,
    corsOrigins: settings.CORS_ORIGINS ?? (introspection ? [HOSTED_SANDBOX] : []),
    introspection,
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT ?? (isTerminal && !production ? 'pretty' : 'json'),
    metricsToken: settings.METRICS_TOKEN,
  };
}

/**
 * The configuration of this process: its environment and, for what that leaves unset, the file `.env` in the working directory.
 *
 * @throws {StartupError} as readConfig
 */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readConfig(process.env);
}
