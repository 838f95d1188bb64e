/** Permission of a caller to verify keys. A service token is looked up in the read that looks up the key, so it may be decided later. */
export interface Permit {
  /** Whether the caller is a verifier that the operator knows, so that the address that it states for its client is believed. */
  readonly isVerifier: boolean;
  /** Calls one of the functions as soon as the permission is decided, at once if it is. It is to be called once. */
  whenGranted(onGranted: () => void, onRefused: (error: unknown) => void): void;
}

/** The permit of every caller while verification is open. */
export const ANYONE: Permit = { isVerifier: false, whenGranted: (onGranted) => onGranted() };

/** The permit of a caller with one of VERIFIER_TOKENS. */
export const KNOWN_VERIFIER: Permit = { isVerifier: true, whenGranted: (onGranted) => onGranted() };

/** The permit of a service, which is decided when its token was read. */
export class PendingPermit implements Permit {
  readonly isVerifier = true;
  #isGranted = false;
  #refusal: { error: unknown } | null = null;
  #waiting: { onGranted: () => void; onRefused: (error: unknown) => void } | null = null;

  grant(): void {
    this.#isGranted = true;
    this.#waiting?.onGranted();
  }

  refuse(error: unknown): void {
    this.#refusal = { error };
    this.#waiting?.onRefused(error);
  }

  whenGranted(onGranted: () => void, onRefused: (error: unknown) => void): void {
    if (this.#isGranted) onGranted();
    else if (this.#refusal) onRefused(this.#refusal.error);
    else this.#waiting = { onGranted, onRefused };
  }
}
