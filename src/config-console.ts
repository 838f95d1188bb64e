import type { z } from 'zod';
import type { IdentityProvider } from './auth/external/identity-provider.js';
import * as form from './config-forms.js';
import { optional, setting } from './config-setting.js';

/** The settings of the console. */
export const consoleSettings = {
  CONSOLE: setting(
    form.boolean,
    'true',
    'The server serves the [console](console.md) at `/console/`, and redirects browsers from `/` to it. `false` turns off both, and ' +
      'the refresh cookie. The element `<keyward-keys>` stays available.',
  ),
  CONSOLE_ORIGIN: optional(
    form.webOrigin,
    'Browsers reach the console at this origin. Requests that use the refresh cookie must come from it. If the setting is unset, the ' +
      '`Origin` of such a request must match its `Host`. Set it behind a proxy that changes `Host`.',
  ),
  CONSOLE_CONNECT_ORIGINS: optional(
    form.webOrigins,
    'The content security policy allows the console to send requests to these origins too. Set it if the token endpoint of the ' +
      'identity provider has another origin than `AUTH_ISSUER`, which is always allowed with `AUTH_CONSOLE_CLIENT_ID`.',
  ),
  CONSOLE_PRODUCT_NAME: setting(
    form.productName,
    'Keyward',
    'Pages show this name of the product that the API keys are for. `server` reports it to every caller.',
  ),
  CONSOLE_EXAMPLE_URL: optional(
    form.webUrl,
    'Pages show how to call this URL with a new key. `server` reports it to every caller. If the setting is unset, there is no example.',
  ),
  CONSOLE_EXAMPLE_HEADER: setting(
    form.header,
    'Authorization: Bearer',
    'The example carries the key in this header. It can also be a name alone, such as `X-API-Key`.',
  ),
  AUTH_CONSOLE_CLIENT_ID: optional(
    form.partyName,
    'The console can sign in at the identity provider as this client, and `AUTH_ISSUER` must then be a URL. `server` reports it to ' +
      'every caller. If the setting is unset, `server` reports no identity provider.',
  ),
  AUTH_CONSOLE_SCOPE: setting(
    form.oidcScope,
    'openid email',
    'A sign-in page requests these scopes when it signs in at the identity provider.',
  ),
};

type ConsoleSettings = z.output<z.ZodObject<typeof consoleSettings>>;

/** Returns the origin of a web URL. Null for any other text. */
export function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { origin } = new URL(text);
  return form.webOrigin.schema.safeParse(origin).success ? origin : null;
}

/** Names the settings of the console as the code uses them. */
export function consoleOf(settings: ConsoleSettings, identityProvider: IdentityProvider | null) {
  const { AUTH_CONSOLE_CLIENT_ID: clientId, CONSOLE_EXAMPLE_URL: url } = settings;
  const issuerOrigin = identityProvider === null || clientId === undefined ? null : originOf(identityProvider.issuer);
  const connectOrigins = [...(issuerOrigin === null ? [] : [issuerOrigin]), ...(settings.CONSOLE_CONNECT_ORIGINS ?? [])];
  return {
    /** Whether the server serves the console and accepts the refresh cookie. */
    consoleIsEnabled: settings.CONSOLE,
    /** Null if it is the origin of the host that a request names. */
    consoleOrigin: settings.CONSOLE_ORIGIN ?? null,
    /** Origins besides its own that the console can send requests to. */
    consoleConnectOrigins: [...new Set(connectOrigins)],
    productName: settings.CONSOLE_PRODUCT_NAME,
    /** The client of the console at the identity provider. Null if the console cannot sign in there. */
    consoleClient: clientId === undefined ? null : { clientId, scope: settings.AUTH_CONSOLE_SCOPE },
    /** A request that a new key can be tried with. Null if none is configured. */
    exampleRequest: url === undefined ? null : { url, header: settings.CONSOLE_EXAMPLE_HEADER },
  };
}
