import { setTimeout as pause } from 'node:timers/promises';

/** Pause between two checks. Most checks ask a database or a process, which takes about as long. */
const PAUSE_MS = 10;

interface Wait {
  /** Time for all checks together. */
  withinMs: number;
  /** Whether no later check can succeed, for example because a process ended. */
  unless?: () => boolean;
}

/**
 * Returns what `check` returns, once it throws no error. An assertion in `check` becomes the condition to wait for.
 *
 * @throws an error with the last error of `check` as its cause, after `withinMs` or if `unless` returns true
 */
export async function eventually<T>(check: () => T | Promise<T>, { withinMs, unless = () => false }: Wait): Promise<T> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const isLast = unless() || performance.now() >= endsAt;
    try {
      return await check();
    } catch (error) {
      if (isLast) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`Condition not met within ${withinMs} ms: ${message}`, { cause: error });
      }
    }
    await pause(PAUSE_MS);
  }
}
