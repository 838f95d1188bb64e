// The main job of Keyward on an installed package: start, sign up, create a key, verify it, revoke it, verify it again, stop.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PASSWORD = 'correct horse battery staple';

/**
 * Starts `npx keyward serve` in a folder. Returns its URL, its start time in seconds, and how to stop it.
 *
 * @param {string} folder
 * @param {Record<string, string>} env
 */
async function serve(folder, env) {
  const startedAt = performance.now();
  const child = spawn('npx', ['--no-install', 'keyward', 'serve'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'close').then(([code]) => code);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', () => {
      const [, found] = /"url":"(http:[^"]+)\/graphql"[^\n]*\n/.exec(output) ?? [];
      if (found) resolve(found);
    });
    void exited.then(() => reject(new Error(`the server ended: ${output}`)));
  });
  const startSeconds = (performance.now() - startedAt) / 1_000;
  const stop = async () => {
    // npx runs the server as its child, and each log line has the process ID of the server.
    process.kill(Number(/"pid":(\d+)/.exec(output)?.[1] ?? child.pid));
    return exited;
  };
  return { url, startSeconds, stop, output: () => output };
}

/**
 * @param {string} url
 * @param {string} query
 * @param {string} [token]
 */
async function ask(url, query, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/**
 * Runs the main job in a folder where the package is installed, with the embedded database.
 *
 * @param {string} folder
 * @param {string} dataDir
 * @param {string} node folder of the Node.js to run
 * @returns {Promise<{ node: string, firstStartSeconds: number, laterStartSeconds: number, statuses: number[], exitCodes: number[] }>}
 */
export async function runMainJob(folder, dataDir, node) {
  const env = {
    PATH: `${node}:${process.env.PATH}`,
    HOME: process.env.HOME ?? folder,
    PORT: '0',
    DATA_DIR: dataDir,
    NODE_ENV: 'production',
  };
  const first = await serve(folder, env);
  const { signUp } = await ask(
    first.url,
    `mutation { signUp(input: { email: "ada@example.com", password: "${PASSWORD}" }) { accessToken } }`,
  );
  const { createApiKey } = await ask(first.url, 'mutation { createApiKey { plaintextKey apiKey { id } } }', signUp.accessToken);
  const verify = async (/** @type {string} */ url) => {
    const response = await fetch(`${url}/verify`, { headers: { 'x-api-key': createApiKey.plaintextKey } });
    return response.status;
  };
  const statuses = [await verify(first.url)];
  await ask(first.url, `mutation { revokeApiKey(id: "${createApiKey.apiKey.id}") { apiKey { status } } }`, signUp.accessToken);
  statuses.push(await verify(first.url));
  const exitCodes = [await first.stop()];
  const later = await serve(folder, env);
  statuses.push(await verify(later.url));
  exitCodes.push(await later.stop());
  return { node, firstStartSeconds: first.startSeconds, laterStartSeconds: later.startSeconds, statuses, exitCodes };
}
