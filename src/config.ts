import { existsSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { PRODUCT } from './auth/external/id-namespace.js';
import type { IdentityProvider } from './auth/external/identity-provider.js';
import { consoleOf } from './config-console.js';
import { environment } from './config-settings.js';
import { StartupError } from './platform/errors/keyward-error.js';

type Settings = z.output<typeof environment>;

const HOSTED_SANDBOX = 'https://studio.apollographql.com';

const databaseOf = (url: string | undefined): { kind: 'embedded' } | { kind: 'external'; url: string } =>
  url === undefined ? { kind: 'embedded' } : { kind: 'external', url };

function accountsOf({ AUTH_MODE, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URL: jwksUrl, AUTH_POLICY_CLAIM }: Settings) {
  const mode = AUTH_MODE ?? (issuer === undefined ? 'local' : 'both');
  const usesProvider = mode === 'external' || mode === 'both';
  const isComplete = issuer !== undefined && audience !== undefined && jwksUrl !== undefined;
  const identityProvider: IdentityProvider | null =
    usesProvider && isComplete ? { issuer, audience, jwksUrl: new URL(jwksUrl), policyClaim: AUTH_POLICY_CLAIM ?? null } : null;
  return {
    /** Whether Keyward keeps accounts with a password. */
    localAccounts: mode === 'local' || mode === 'both',
    /** Null if no tokens of an identity provider are accepted. */
    identityProvider,
    /** Namespace of the external ids in the database. Null if the settings do not decide it, so it stays as recorded. */
    externalIdNamespace: mode === 'product' ? (issuer ?? PRODUCT) : (identityProvider?.issuer ?? null),
  };
}

/** Names the settings as the code uses them, and computes the defaults that depend on other settings. */
function configOf(settings: Settings, isTerminal: boolean) {
  const production = settings.NODE_ENV === 'production';
  const introspection = settings.INTROSPECTION ?? !production;
  const accounts = accountsOf(settings);
  return {
    ...accounts,
    ...consoleOf(settings, accounts.identityProvider),
    production,
    host: settings.HOST,
    port: settings.PORT,
    database: databaseOf(settings.DATABASE_URL),
    redisUrl: settings.REDIS_URL,
    /** Absolute path. */
    dataDir: path.resolve(settings.DATA_DIR),
    /** Newest first. Undefined if Keyward creates a secret and stores it in `dataDir`. */
    appSecrets: settings.APP_SECRETS,
    keysPerUserMax: settings.MAX_KEYS_PER_USER,
    keyNamespace: settings.KEY_NAMESPACE,
    passwordBcryptCost: settings.BCRYPT_COST,
    accessTokenTtlSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenTtlSeconds: settings.REFRESH_TOKEN_TTL_SECONDS,
    signUpIsOpen: settings.SIGN_UP === 'open',
    /** Limit for one network. 0 if there is no limit. */
    signUpsPerHour: settings.SIGN_UPS_PER_HOUR,
    expiryWarningDays: settings.EXPIRY_WARNING_DAYS,
    /** In descending order. */
    expiryNoticeDays: settings.EXPIRY_NOTICE_DAYS,
    webhookPrivateTargets: settings.WEBHOOK_PRIVATE_TARGETS ?? [],
    trustedProxies: settings.TRUSTED_PROXIES ?? [],
    verificationCacheKeys: settings.VERIFICATION_CACHE_KEYS,
    corsOrigins: settings.CORS_ORIGINS ?? (introspection ? [HOSTED_SANDBOX] : []),
    verifierTokens: settings.VERIFIER_TOKENS ?? [],
    /** Whether a caller needs a verifier token to verify a key. */
    verificationIsRestricted: (settings.VERIFY_ACCESS ?? (settings.VERIFIER_TOKENS ? 'restricted' : 'open')) === 'restricted',
    /** Empty if keys can be granted any scope. */
    scopeCatalogue: settings.SCOPES ?? [],
    /** For imports. Undefined if the keys of an import are not hashed with a secret, or if the command gets it from a file. */
    importHmacSecret: settings.IMPORT_HMAC_SECRET,
    introspection,
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT ?? (isTerminal && !production ? 'pretty' : 'json'),
    metricsToken: settings.METRICS_TOKEN,
  };
}

/** The checked configuration. config-settings.ts describes each setting. */
export type Config = Readonly<ReturnType<typeof configOf>>;

/**
 * Returns the configuration in an environment.
 *
 * @param env an empty or blank value counts as unset
 * @param isTerminal whether the log is written to a terminal
 * @throws {StartupError} with one line for each error, all of them at once. No line contains a value, because settings hold
 *   secrets.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, isTerminal = process.stdout.isTTY === true): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const result = environment.safeParse(present);
  if (result.success) return configOf(result.data, isTerminal);
  throw new StartupError(result.error.issues.map(({ path: [name], message }) => `${String(name)} ${message}.`).join('\n'));
}

/**
 * Returns the configuration of this process. Settings that the environment does not contain are read from the file `.env` in the
 * working directory, if it exists.
 *
 * @throws {StartupError} as readConfig
 */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readConfig(process.env);
}
