import { z } from 'zod';
import { keySourceFault } from './auth/external/key-source.js';
import { consoleSettings, originOf } from './config-console.js';
import * as form from './config-forms.js';
import { documentation, optional, type Setting, setting } from './config-setting.js';

const settings = z.object({
  HOST: setting(
    form.anyText('an IP address or a host name'),
    '127.0.0.1',
    'The server listens on this address. `0.0.0.0` makes Keyward reachable from other machines.',
  ),
  PORT: setting(form.integer(0, 65_535), '4000', 'The server listens on this TCP port. `0` selects a free port.'),
  DATABASE_URL: optional(
    form.postgresUrl,
    'Keyward stores its data in this PostgreSQL database, version 15 or later. With replication, it is the URL of the primary. ' +
      'If the setting is unset, Keyward runs an embedded PostgreSQL 18 in `DATA_DIR`.',
  ),
  REDIS_URL: optional(
    form.redisUrl,
    'All processes count rate limits and sign-ins together in this Redis or Valkey server. ' +
      'If it is unset or unavailable, each process counts by itself.',
  ),
  DATA_DIR: setting(
    form.anyText('the path of a folder'),
    './data',
    'This folder contains the embedded database and the secrets that Keyward creates. ' +
      'To back it up, stop the server, and copy the whole folder.',
  ),
  APP_SECRETS: optional(
    form.secrets,
    'The tokens are signed, and the secrets of webhooks encrypted, with these secrets, the newest first. To rotate them, add a new one ' +
      'at the front (`openssl rand -base64 32`), run `keyward secrets re-encrypt`, and remove the old one after `REFRESH_TOKEN_TTL_SECONDS`. ' +
      'The setting is required with `DATABASE_URL`. If it is unset, Keyward creates a secret once and stores it in `DATA_DIR`.',
  ),
  MAX_KEYS_PER_USER: setting(
    form.integer(1, 100_000),
    '5',
    'A user can have at most this number of usable API keys, unless a policy sets another number.',
  ),
  KEY_NAMESPACE: setting(
    form.keyNamespace,
    'amos',
    'Each new key starts with this text. After a change, existing keys stay valid with the text that they have.',
  ),
  BCRYPT_COST: setting(
    form.integer(10, 14),
    '12',
    'Passwords are hashed by bcrypt with this cost. After a change, a password is hashed again at its next sign-in.',
  ),
  SIGN_UP: setting(
    form.choice('open', 'closed'),
    'open',
    'If sign-up is open, users can create accounts by `signUp`. ' +
      'If it is closed, only the operator creates accounts, by `keyward users create`.',
  ),
  SIGN_UPS_PER_HOUR: setting(
    form.integer(0, 1_000_000),
    '20',
    'One network (an IPv4 address or an IPv6 /64) can attempt this number of sign-ups in an hour. Attempts with an address that ' +
      'already has an account count too. An IPv6 /48 can attempt 5 times this number. `0` means that there is no limit.',
  ),
  EXPIRY_WARNING_DAYS: setting(
    form.integer(0, 3_650),
    '14',
    'A key is reported as `expiresSoon` from this number of days before its expiry.',
  ),
  EXPIRY_NOTICE_DAYS: setting(
    form.days,
    '14,7,1',
    'The event `api_key.expiring` is sent to [webhooks](webhooks.md) each of these numbers of days before the expiry of a key.',
  ),
  WEBHOOK_PRIVATE_TARGETS: optional(
    form.privateTargets,
    'Webhooks can be sent to these hosts and networks, by http too. If it is unset, only to public addresses, by https.',
  ),
  ACCESS_TOKEN_TTL_SECONDS: setting(form.integer(1, 86_400), '900', 'An access token expires after this number of seconds.'),
  REFRESH_TOKEN_TTL_SECONDS: setting(
    form.integer(60, 31_536_000),
    '2592000',
    'A session expires this number of seconds after its last refresh.',
  ),
  AUTH_MODE: optional(
    form.choice('local', 'external', 'both', 'product'),
    '`local` keeps accounts in Keyward, with email and password. `external` uses the accounts of an ' +
      '[identity provider](accounts.md#with-an-existing-identity-provider). `both` permits both kinds of account. ' +
      '`product` keeps no accounts of people: only [services of the product](accounts.md#services-of-your-product) call the API. ' +
      'If the setting is unset, it is `both` with `AUTH_ISSUER`, and `local` without it.',
  ),
  AUTH_ISSUER: optional(
    form.issuer,
    'This is the exact `iss` of the access tokens of the identity provider. It requires `AUTH_AUDIENCE` and `AUTH_JWKS_URL`.',
  ),
  AUTH_AUDIENCE: optional(form.partyName, 'The `aud` of the access tokens of the identity provider must contain this value.'),
  AUTH_JWKS_URL: optional(
    form.anyText('a URL: https://…, or file:///… for a JWK set on this machine'),
    'The public keys of the identity provider are at this URL. Plain http://… is allowed only on this machine, or with ' +
      '`AUTH_JWKS_ALLOW_HTTP`.',
  ),
  AUTH_JWKS_ALLOW_HTTP: setting(
    form.boolean,
    'false',
    'If this is true, `AUTH_JWKS_URL` can be plain http://… on any machine. ' +
      'Use it only in a network that you trust, such as Compose or Kubernetes.',
  ),
  AUTH_POLICY_CLAIM: optional(
    form.partyName,
    'This claim of the access tokens of the identity provider names the [policy](guides/plans-and-limits.md) of the user. A token ' +
      'changes the policy only if its `iat` is later than the last time at which the policy was set. If the setting is unset, tokens ' +
      'set no policy.',
  ),
  ...consoleSettings,
  TRUSTED_PROXIES: optional(
    form.proxies,
    'These proxies can set `X-Forwarded-For`. The caller is the rightmost address in the header that is not a trusted proxy. ' +
      'A range wider than /8 (IPv6: /7) is an error, because it contains addresses of clients.',
  ),
  VERIFIER_TOKENS: optional(
    form.tokens,
    'These tokens permit services and gateways to verify keys, as `X-Verifier-Token`. Create a token with `openssl rand -hex 32`. ' +
      'A service token with the permission `keys:verify` does the same, and can be revoked without a restart.',
  ),
  VERIFY_ACCESS: optional(
    form.choice('open', 'restricted'),
    'If verification is open, a caller of `verifyApiKey` and `/verify` needs only the key itself. If it is restricted, a caller ' +
      'needs one of `VERIFIER_TOKENS` or a [service token](accounts.md#services-of-your-product) with the permission `keys:verify`. ' +
      'If the setting is unset, it is `restricted` with `VERIFIER_TOKENS`, and `open` without them.',
  ),
  VERIFICATION_CACHE_KEYS: setting(
    form.integer(0, 10_000_000),
    '200000',
    'A process keeps the state of at most this number of keys in memory. Before each answer, one small read of the database ' +
      'confirms that nothing has changed. 200,000 keys take about 110 MB. `0` means that each verification reads the key from ' +
      'the database.',
  ),
  SCOPES: optional(
    form.scopes,
    'Keys can be granted only these scopes, for example `orders:read,orders:write`. A pattern such as `orders:*` must be listed ' +
      'itself. A change does not affect the scopes of existing keys. If the setting is unset, keys can be granted any scope.',
  ),
  IMPORT_HMAC_SECRET: optional(form.anyText('a text'), '`keyward import` of HMAC-SHA-256 uses this secret. The server does not.'),
  CORS_ORIGINS: optional(
    form.origins,
    'Pages of these origins can call the API from a browser. Outside production, pages of `http://localhost`, ' +
      '`http://127.0.0.1` and `http://[::1]` can also call it, on any port. If the setting is unset and clients can read the schema ' +
      '(`INTROSPECTION`), it is the origin of the hosted Apollo Sandbox, `https://studio.apollographql.com`; otherwise the list ' +
      'is empty. Pages of an origin that a portal session is bound to can call it too. A rejected origin is logged once.',
  ),
  INTROSPECTION: optional(
    form.boolean,
    'If this is true, clients can read the schema by introspection and at `/schema.graphql`, and outside production the server ' +
      'serves Apollo Sandbox. If the setting is unset, it is false in production, and true otherwise.',
  ),
  METRICS_TOKEN: optional(
    form.token,
    '`GET /metrics` requires this token as `Authorization: Bearer`. Create a token with `openssl rand -hex 32`. If the setting is ' +
      'unset, `/metrics` is 404 in production. Outside production, only programs on this machine can then read it, and not through ' +
      'a proxy.',
  ),
  LOG_LEVEL: setting(
    form.choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'The server logs events of this level and of more severe levels. `debug` logs every verification, `info` only the rejected ones.',
  ),
  LOG_FORMAT: optional(
    form.choice('json', 'pretty'),
    '`json` writes one object per line, `pretty` writes lines for people. ' +
      'If the setting is unset, it is `pretty` on a terminal outside production, and `json` otherwise.',
  ),
  NODE_ENV: optional(
    form.choice('production', 'development', 'test'),
    '`production` disables introspection, Apollo Sandbox and hints in error messages. `test` is like `development`. ' +
      'If the setting is unset, it is `development`.',
  ),
});

const IDENTITY_PROVIDER_SETTINGS = ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL'] as const;

type Settings = z.output<typeof settings>;

function checkIdentityProvider(env: Settings, report: (name: keyof Settings, message: string) => void): void {
  const isUsed =
    ['external', 'both'].includes(env.AUTH_MODE ?? '') ||
    [...IDENTITY_PROVIDER_SETTINGS, 'AUTH_POLICY_CLAIM' as const, 'AUTH_CONSOLE_CLIENT_ID' as const].some(
      (name) => env[name] !== undefined,
    );
  if (!isUsed) return;
  const fault =
    env.AUTH_JWKS_URL === undefined ? null : keySourceFault(env.AUTH_JWKS_URL, { allowHttp: env.AUTH_JWKS_ALLOW_HTTP === true });
  if (fault !== null) report('AUTH_JWKS_URL', fault);
  for (const name of IDENTITY_PROVIDER_SETTINGS) {
    if (env[name] === undefined)
      report(name, 'is required with an identity provider. Set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL together');
  }
  if (env.AUTH_CONSOLE_CLIENT_ID !== undefined && env.AUTH_ISSUER !== undefined && originOf(env.AUTH_ISSUER) === null)
    report('AUTH_ISSUER', 'must be a URL like https://id.example.com with AUTH_CONSOLE_CLIENT_ID, because the console signs in there');
}

/** Checks and converts the environment. The rules between settings are also checked if a setting is invalid. */
export const environment = settings.superRefine(
  (env, context) => {
    const report = (name: keyof Settings, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (env.DATABASE_URL !== undefined && env.APP_SECRETS === undefined) {
      report(
        'APP_SECRETS',
        'is required with DATABASE_URL, with the same value on every replica (create a secret with: openssl rand -base64 32)',
      );
    }
    checkIdentityProvider(env, report);
  },
  { when: ({ value }) => typeof value === 'object' && value !== null },
);

/** Every setting, in the order of the documentation. */
export const SETTINGS: readonly Setting[] = Object.entries(settings.shape).map(([name, schema]) => {
  const text = documentation.get(schema);
  if (text === undefined) throw new TypeError(`${name} has no documentation`);
  return { name, ...text };
});
