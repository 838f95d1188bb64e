import type { TokenSource } from '../api/client';
import { isTransient, NO_ANSWER, type Problem } from '../api/problem';
import { send } from '../api/send';
import {
  MeDocument,
  RefreshSessionDocument,
  ResetPasswordDocument,
  type SignedInFragment,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
  type TypedDocumentString,
} from '../gql/graphql';
import { Listeners } from '../ui/listeners';
import { pause, refreshInTurn } from './refresh-turn';

export type Viewer = SignedInFragment['user'];

export type SessionState =
  | { status: 'starting' }
  | { status: 'out' }
  | { status: 'in'; viewer: Viewer }
  /** The session expired or was ended elsewhere. The page stays below a sign-in dialog, so that nothing typed is lost. */
  | { status: 'over'; viewer: Viewer };

/** What other tabs of the console are sent. It holds no credential. */
type TabMessage = { type: 'signed-out' } | { type: 'signed-in'; userId: string };

const CONFLICT_ATTEMPTS = 5;
const CONFLICT_PAUSE_MS = 300;

const REJECTED: Problem = { code: 'UNAUTHENTICATED', fields: [] };

/** Headers by which the server keeps the refresh token in a cookie. The cookie needs an encrypted connection or loopback. */
export const cookieHeaders = (): Record<string, string> => (window.isSecureContext ? { 'X-Keyward-Refresh': 'cookie' } : {});

/** The session of a user with a password. The access token is in memory; the refresh token is in a cookie that scripts cannot read. */
export class Session implements TokenSource {
  #state: SessionState = { status: 'starting' };
  #accessToken: string | undefined;
  /** "" while the cookie holds it. On a connection without encryption it is here, until the page is left. */
  #refreshToken = '';
  #isExternal = false;
  #renewal: Promise<void> | undefined;
  readonly #endpoint: string;
  readonly #listeners = new Listeners();
  readonly #tabs = new BroadcastChannel('keyward-session');
  /** Resolves the requests that wait for the user to sign in again. */
  #resume: (() => void)[] = [];

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#tabs.onmessage = ({ data }: MessageEvent<TabMessage>) => this.#follow(data);
  }

  readonly subscribe = this.#listeners.add;

  readonly state = (): SessionState => this.#state;

  readonly token = (): string | undefined => this.#accessToken;

  /** Continues the session of the cookie, if there is one. Returns the problem if that is not known yet. */
  async start(): Promise<Problem | undefined> {
    const problem = await this.#refresh();
    if (!problem) return undefined;
    if (isTransient(problem)) return problem;
    this.startSignedOut();
    return undefined;
  }

  startSignedOut(): void {
    this.#set({ status: 'out' });
  }

  /** Waits until there is a valid token, for which the user may have to sign in again. */
  async renew(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #renew(): Promise<void> {
    // A token of the identity provider cannot be refreshed: the user signs in there again.
    const problem = this.#isExternal ? REJECTED : await this.#refresh();
    if (problem?.code !== 'UNAUTHENTICATED' || !('viewer' in this.#state)) return;
    this.#accessToken = undefined;
    this.#set({ status: 'over', viewer: this.#state.viewer });
    await new Promise<void>((resolve) => this.#resume.push(resolve));
  }

  /** Returns the problem, or undefined if the user is now signed in. */
  signIn(email: string, password: string): Promise<Problem | undefined> {
    return this.#open(SignInDocument, { input: { email, password } }, (data) => data.signIn);
  }

  signUp(email: string, password: string): Promise<Problem | undefined> {
    return this.#open(SignUpDocument, { input: { email, password } }, (data) => data.signUp);
  }

  resetPassword(token: string, newPassword: string): Promise<Problem | undefined> {
    return this.#open(ResetPasswordDocument, { input: { token, newPassword } }, (data) => data.resetPassword);
  }

  /** Continues with an access token of the identity provider. Returns the problem if the server does not accept it. */
  async acceptExternal(accessToken: string): Promise<Problem | undefined> {
    const headers = { authorization: `Bearer ${accessToken}` };
    const { data, problem } = await send(this.#endpoint, MeDocument, {}, { headers });
    if (problem || !data) return problem;
    this.#isExternal = true;
    this.#accessToken = accessToken;
    this.#set({ status: 'in', viewer: data.me });
    return undefined;
  }

  /** Continues with the tokens of an answer, such as that of changePassword. */
  accept(answer: SignedInFragment): void {
    const isOther = !('viewer' in this.#state) || this.#state.viewer.id !== answer.user.id;
    if (isOther) this.#abandonRequests();
    this.#isExternal = false;
    this.#accessToken = answer.accessToken;
    this.#refreshToken = answer.refreshToken;
    const resumed = this.#resume.splice(0);
    this.#set({ status: 'in', viewer: answer.user });
    for (const resume of resumed) resume();
    if (isOther) this.#send({ type: 'signed-in', userId: answer.user.id });
  }

  get isExternal(): boolean {
    return this.#isExternal;
  }

  /** Ends the session here and in every tab. Returns the problem if the server could not be reached: then the session lives. */
  async signOut(): Promise<Problem | undefined> {
    if (this.#isExternal) {
      this.end();
      return undefined;
    }
    const variables = { refreshToken: this.#refreshToken };
    const { problem } = await send(this.#endpoint, SignOutDocument, variables, { headers: cookieHeaders() });
    if (problem && problem.code !== 'UNAUTHENTICATED') return problem;
    this.end();
    return undefined;
  }

  /** Forgets the session, which ended on the server. */
  end(): void {
    this.#forget();
    this.#send({ type: 'signed-out' });
  }

  #forget(): void {
    this.#accessToken = undefined;
    this.#refreshToken = '';
    this.#abandonRequests();
    this.#set({ status: 'out' });
  }

  /** Forgets the requests that wait for a token. They must not continue as another user, and later requests must not wait with them. */
  #abandonRequests(): void {
    this.#resume = [];
    this.#renewal = undefined;
  }

  async #open<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    answerOf: (data: Data) => SignedInFragment,
  ): Promise<Problem | undefined> {
    // The answer sets the cookie even if the page is left before it arrives. Without it, the browser would keep a cookie that was
    // exchanged already, and the server would end the session when that cookie is used again.
    const { data, problem } = await send(this.#endpoint, document, variables, { headers: cookieHeaders(), keepalive: true });
    if (problem || !data) return problem ?? NO_ANSWER;
    this.accept(answerOf(data));
    return undefined;
  }

  async #refresh(): Promise<Problem | undefined> {
    const open = () => this.#open(RefreshSessionDocument, { refreshToken: this.#refreshToken }, (data) => data.refreshSession);
    for (let attempt = 1; ; attempt++) {
      // Without a cookie and without a token there is nothing to exchange.
      if (!window.isSecureContext && this.#refreshToken === '') return REJECTED;
      const problem = await refreshInTurn(open);
      // CONFLICT: another tab has exchanged this token, and the browser has the new one by the next attempt.
      if (problem?.code !== 'CONFLICT' || attempt === CONFLICT_ATTEMPTS) return problem;
      await pause(CONFLICT_PAUSE_MS);
    }
  }

  #follow(message: TabMessage): void {
    const viewer = 'viewer' in this.#state ? this.#state.viewer : undefined;
    if (message.type === 'signed-out') {
      if (viewer) this.#forget();
      return;
    }
    const isOther = viewer !== undefined && viewer.id !== message.userId;
    if (isOther) this.#forget();
    if (this.#state.status !== 'in') void this.#refresh();
  }

  #send(message: TabMessage): void {
    this.#tabs.postMessage(message);
  }

  #set(state: SessionState): void {
    this.#state = state;
    this.#listeners.notify();
  }
}
