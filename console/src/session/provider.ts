import * as oauth from 'oauth4webapi';
import type { ServerQuery } from '../gql/graphql';

type ProviderInfo = NonNullable<ServerQuery['server']['identityProvider']>;

/** What must survive the redirect to the provider. It is in sessionStorage between the two redirects alone. */
interface Pending {
  verifier: string;
  state: string;
  nonce: string;
  next: string;
  isSilent: boolean;
}

const STORED = 'keyward-sign-in';

/** Marks that the page left for the provider without a click, so that it does so once. */
export const LEFT_SILENTLY = 'keyward-silent';

/** Answers to a sign-in without a page of the provider: the user must see one (OpenID Connect Core, 3.1.2.6). */
const NEEDS_PAGE = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

const REDIRECT_PATH = '/console/callback';

export type CallbackOutcome = { accessToken: string; next: string } | { rejected: 'needs-page' | 'other'; next: string };

/** Signs in at the identity provider: authorization code and PKCE. */
export class Provider {
  readonly #info: ProviderInfo;

  constructor(info: ProviderInfo) {
    this.#info = info;
  }

  /** Leaves for the provider. `isSilent`: only if the user is signed in there, without a page of the provider. */
  async start(next: string, isSilent = false): Promise<void> {
    const server = await this.#discover();
    if (!server.authorization_endpoint) throw new Error('The identity provider has no authorization endpoint.');
    const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
    sessionStorage.setItem(STORED, JSON.stringify({ verifier, state, nonce, next, isSilent } satisfies Pending));
    const url = new URL(server.authorization_endpoint);
    const parameters = {
      client_id: this.#info.clientId,
      redirect_uri: this.#redirectUri(),
      response_type: 'code',
      scope: this.#info.scope,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...(isSilent && { prompt: 'none' }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    location.assign(url);
  }

  /** Exchanges the code of the address bar for an access token, after it has left the address bar. */
  async finish(): Promise<CallbackOutcome> {
    const answer = new URL(location.href);
    const stored = sessionStorage.getItem(STORED);
    sessionStorage.removeItem(STORED);
    sessionStorage.removeItem(LEFT_SILENTLY);
    history.replaceState(null, '', REDIRECT_PATH);
    if (!stored) return { rejected: 'other', next: '/' };
    const { verifier, state, nonce, next, isSilent } = JSON.parse(stored) as Pending;
    try {
      const server = await this.#discover();
      const client = { client_id: this.#info.clientId };
      const parameters = oauth.validateAuthResponse(server, client, answer, state);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.None(),
        parameters,
        this.#redirectUri(),
        verifier,
        this.#options(),
      );
      const hasIdToken = this.#info.scope.split(' ').includes('openid');
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, hasIdToken ? { expectedNonce: nonce } : {});
      return { accessToken: tokens.access_token, next };
    } catch (error) {
      const needsPage = isSilent && error instanceof oauth.AuthorizationResponseError && NEEDS_PAGE.includes(error.error);
      return { rejected: needsPage ? 'needs-page' : 'other', next };
    }
  }

  /** Leaves for the sign-out page of the provider. Returns false if it has none. */
  async signOut(): Promise<boolean> {
    const server = await this.#discover().catch(() => undefined);
    if (!server?.end_session_endpoint) return false;
    const url = new URL(server.end_session_endpoint);
    url.searchParams.set('client_id', this.#info.clientId);
    url.searchParams.set('post_logout_redirect_uri', `${location.origin}/console/sign-in`);
    location.assign(url);
    return true;
  }

  async #discover(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(this.#info.issuer);
    const response = await oauth.discoveryRequest(issuer, this.#options());
    return oauth.processDiscoveryResponse(issuer, response);
  }

  /** A provider without encryption is accepted if the operator configured one, as on a developer's machine. */
  #options() {
    return { [oauth.allowInsecureRequests]: new URL(this.#info.issuer).protocol === 'http:' };
  }

  #redirectUri(): string {
    return location.origin + REDIRECT_PATH;
  }
}
