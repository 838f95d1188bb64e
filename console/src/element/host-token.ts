import type { TokenSource } from '../api/client';

export type GetToken = (request: { reason: 'first' | 'expired' }) => string | Promise<string>;

/** The token that the page provides. It is asked for when it is needed, and again after it was rejected. */
export class HostToken implements TokenSource {
  #token: string | undefined;
  #renewal: Promise<void> | undefined;
  readonly #getToken: () => GetToken | undefined;

  constructor(getToken: () => GetToken | undefined) {
    this.#getToken = getToken;
  }

  token(): string | undefined {
    return this.#token;
  }

  /** Requests that need a token at the same time share one call. A call that fails leaves no token. */
  async renew(): Promise<void> {
    this.#renewal ??= this.#ask().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #ask(): Promise<void> {
    const reason = this.#token === undefined ? 'first' : 'expired';
    this.#token = undefined;
    try {
      this.#token = await this.#getToken()?.({ reason });
    } catch (error) {
      console.error('keyward-keys: getToken failed.', error);
    }
  }
}
