// What scripts do with a running server: operations, and service tokens.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inRoot } from './prepare.mjs';

/**
 * Sends an operation, and returns its data.
 *
 * @param {string} origin of the server, such as http://127.0.0.1:4000
 * @param {string} query
 * @param {{ token?: string | undefined, headers?: Record<string, string>, variables?: object }} [options] `token` is sent in Authorization
 * @throws an error with the errors of the response
 */
export async function ask(origin, query, { token, headers, variables } = {}) {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(`GraphQL request failed: ${JSON.stringify(errors)}`);
  return data;
}

/**
 * Creates a service token by the command line.
 *
 * @param {Record<string, string>} env settings of the server
 * @param {string} permissions separated by commas
 * @returns {Promise<string>}
 */
export async function createServiceToken(env, permissions) {
  const args = [inRoot('dist/cli/main.js'), 'service-tokens', 'create', 'backend', '--permissions', permissions, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH, ...env } });
  return JSON.parse(stdout).token;
}
