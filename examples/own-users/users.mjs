// Represents the parts that your product already has: a table of users, and sessions in cookies. This file does not use Keyward.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

const salt = randomBytes(16);
const hash = (password) => scryptSync(String(password), salt, 32);
const users = [
  { id: 'user-1', email: 'ada@acme.test', passwordHash: hash('ada-password'), organisations: ['org_123'] },
  { id: 'user-2', email: 'grace@acme.test', passwordHash: hash('grace-password'), organisations: [] },
];
const sessions = new Map();

/** Checks the password. Returns the value of a Set-Cookie header, or null. */
export function signIn({ email, password } = {}) {
  const user = users.find((each) => each.email === email);
  if (!user || !timingSafeEqual(user.passwordHash, hash(password))) return null;
  const sessionId = randomBytes(32).toString('base64url');
  sessions.set(sessionId, user);
  // SameSite=Strict keeps other sites from creating or revoking keys with this cookie.
  return `session=${sessionId}; Path=/; HttpOnly; SameSite=Strict${process.env.NODE_ENV === 'production' ? '; Secure' : ''}`;
}

/** Returns the signed-in user by the Cookie header, or undefined. */
export function userOf(cookies = '') {
  const [, sessionId] = /(?:^|; )session=([\w-]+)/.exec(cookies) ?? [];
  return sessions.get(sessionId);
}

/** Returns the owner of the keys on a page: the user, or an organisation of the user. Null if the user is no member of it. */
export function ownerOf(user, organisation = user.id) {
  return organisation === user.id || user.organisations.includes(organisation) ? organisation : null;
}
