// Represents the parts that your product already has: a table of users, and sessions in cookies. This file does not use Keyward.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

const salt = randomBytes(16);
const hash = (password) => scryptSync(password, salt, 32);
const users = [
  { id: 'user-1', email: 'ada@acme.test', passwordHash: hash('ada-password') },
  { id: 'user-2', email: 'grace@acme.test', passwordHash: hash('grace-password') },
];
const sessions = new Map();

/** Checks the password and sets the session cookie. */
export function signIn(request, response) {
  const { email, password } = request.body ?? {};
  const user = users.find((each) => each.email === email);
  if (!user || !timingSafeEqual(user.passwordHash, hash(String(password)))) return response.sendStatus(401);
  const sessionId = randomBytes(32).toString('base64url');
  sessions.set(sessionId, user);
  // SameSite=Strict keeps other sites from creating or revoking keys with this cookie.
  response.cookie('session', sessionId, { httpOnly: true, sameSite: 'strict', secure: process.env.NODE_ENV === 'production' });
  return response.sendStatus(204);
}

/** Sets `request.user` from the session cookie, or responds with 401. */
export function requireUser(request, response, next) {
  const [, sessionId] = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '') ?? [];
  request.user = sessions.get(sessionId);
  return request.user ? next() : response.sendStatus(401);
}
