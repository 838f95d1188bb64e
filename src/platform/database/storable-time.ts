/** Returns a time that PostgreSQL can compare; null if no time is given. PostgreSQL has no year 0, and nothing is older than 1970. */
export const storableTime = (time: Date | null | undefined): Date | null => (time ? new Date(Math.max(0, time.getTime())) : null);
