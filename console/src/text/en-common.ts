import { keysOf } from './en-counts';
import { waitingTime } from './format';

export const common = {
  cancel: 'Cancel',
  close: 'Close',
  tryAgain: 'Try again',
  showMore: 'Show more',
  loading: 'Loading',
  never: 'Never',
  any: 'Any',
  unnamed: 'Unnamed key',
  back: 'API keys',
  unknown: 'Unknown',
};

export const problems = {
  NETWORK: 'The server cannot be reached.',
  UPGRADE: 'Keyward is being upgraded.',
  UNAUTHENTICATED: 'The session has expired. Sign in again.',
  FORBIDDEN: 'You are not allowed to do this.',
  NOT_FOUND: 'This does not exist, or no longer exists.',
  BAD_USER_INPUT: 'Check the marked fields.',
  CONFLICT: 'This was changed at the same time. Check it and try again.',
  RATE_LIMITED: 'Too many attempts.',
  SERVICE_UNAVAILABLE: 'The server is busy or its database is unavailable.',
  OTHER: 'Something failed on the server.',
  waitAndRetry: (seconds: number) => `Try again in ${waitingTime(seconds)}.`,
  retryingIn: (seconds: number) => (seconds > 0 ? `Trying again in ${waitingTime(seconds)}.` : 'Trying again.'),
  limitReached: (limit: number) => `You have ${keysOf(limit)}, which is the limit. Revoke a key to create another.`,
  requestId: (id: string) => `Request ${id}`,
  stale: (at: string) => `What you see is from ${at}.`,
  input: (path: string, message: string) => `${path} ${message}.`,
};

export const element = {
  product: 'this product',
  originRejected: 'This page isn’t allowed to use Keyward: its origin is missing in CORS_ORIGINS.',
  notPermitted: 'You are not allowed to see API keys here.',
};
