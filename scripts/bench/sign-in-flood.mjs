// A flood of sign-ins: so many at once, all the time, each one with the right password, so that each costs a hash.
import { setTimeout as sleep } from 'node:timers/promises';

const AT_ONCE = 100;
const PASSWORD = 'correct horse battery staple';
const USERS = 10;

/** Whoever is refused comes again after so long: a flood that waits for nothing would measure the client. */
const AGAIN_MS = 1_000;

async function ask(port, query, email) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input: { email, password: PASSWORD } } }),
  });
  await response.text();
  return response.status;
}

/**
 * @param {number} port of the server
 * @returns {Promise<{ stop(): Promise<{ served: number, refused: number }> }>} a flood that has begun
 */
export async function floodWithSignIns(port) {
  const emails = Array.from({ length: USERS }, (_, index) => `flood${index}@example.com`);
  for (const email of emails) await ask(port, 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }', email);
  const counts = { served: 0, refused: 0 };
  let isOver = false;
  const people = Array.from({ length: AT_ONCE }, async (_, index) => {
    while (!isOver) {
      const status = await ask(port, 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', emails[index % USERS]);
      counts[status === 200 ? 'served' : 'refused'] += 1;
      if (status !== 200) await sleep(AGAIN_MS);
    }
  });
  return {
    async stop() {
      isOver = true;
      await Promise.all(people);
      return counts;
    },
  };
}
