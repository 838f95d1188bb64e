const WEEK_MS = 7 * 86_400_000;

/** Returns the number of allowed verifications. */
export const allowedIn = (points: readonly { allowed: number }[]): number => points.reduce((sum, { allowed }) => sum + allowed, 0);

/** Returns the number of rejected verifications. */
export const rejectedIn = (points: readonly { refused: number }[]): number => points.reduce((sum, { refused }) => sum + refused, 0);

/** Whether the key was presented in the last 7 days. Then revoking it needs its name. */
export const wasUsedLately = (lastUsedAt: string | null | undefined, now: Date): boolean =>
  Boolean(lastUsedAt) && now.getTime() - new Date(lastUsedAt as string).getTime() < WEEK_MS;

/** Returns the last 7 days by the hour: 168 intervals of which the current one is the last. */
export const lastWeek = (now: Date): { from: string; to: string } => ({
  from: new Date(now.getTime() - WEEK_MS + 3_600_000).toISOString(),
  to: now.toISOString(),
});
