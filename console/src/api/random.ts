/** Returns an idempotency key. `crypto.randomUUID` is unavailable on pages without encryption. */
export const newIdempotencyKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
