import { VERSION } from '../platform/version.js';

/** Where accounts are kept. */
export enum AccountsMode {
  LOCAL = 'LOCAL',
  EXTERNAL = 'EXTERNAL',
  BOTH = 'BOTH',
  NONE = 'NONE',
}

/** What the server reports to callers without a credential. Nothing in it is secret. */
export interface ServerInfo {
  productName: string;
  version: string;
  keyNamespace: string;
  accounts: AccountsMode;
  signUpIsOpen: boolean;
  identityProvider: { issuer: string; clientId: string; scope: string } | null;
  example: { url: string; header: string } | null;
}

/** The settings that the server reports. */
export interface ServerSettings {
  productName: string;
  keyNamespace: string;
  localAccounts: boolean;
  signUpIsOpen: boolean;
  identityProvider: { issuer: string } | null;
  /** The client of the console at the identity provider. Null if the console cannot sign in there. */
  consoleClient: { clientId: string; scope: string } | null;
  /** A request that a new key can be tried with. Null if none is configured. */
  exampleRequest: { url: string; header: string } | null;
}

function accountsModeOf({ localAccounts, identityProvider }: ServerSettings): AccountsMode {
  if (identityProvider) return localAccounts ? AccountsMode.BOTH : AccountsMode.EXTERNAL;
  return localAccounts ? AccountsMode.LOCAL : AccountsMode.NONE;
}

/** Returns what the server reports. It names each setting, so that a new setting is not reported by accident. */
export function serverInfoOf(settings: ServerSettings): ServerInfo {
  const { productName, keyNamespace, localAccounts, signUpIsOpen, identityProvider, consoleClient, exampleRequest } = settings;
  return {
    productName,
    version: VERSION,
    keyNamespace,
    accounts: accountsModeOf(settings),
    signUpIsOpen: localAccounts && signUpIsOpen,
    identityProvider: identityProvider && consoleClient && { issuer: identityProvider.issuer, ...consoleClient },
    example: exampleRequest,
  };
}
