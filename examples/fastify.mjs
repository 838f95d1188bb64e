// Accepts a request of a Fastify application if its API key is valid. It verifies the key by Keyward's /verify:
//   app.addHook('onRequest', requireApiKey({ keyward: 'http://127.0.0.1:4000', scopes: ['orders:read'] }));
// After a successful verification, request.headers['x-keyward-user-id'] holds the owner's ID. A value of the client is removed.

const PASSED_ON = ['content-type', 'www-authenticate', 'retry-after', 'ratelimit', 'ratelimit-policy'];

/** @param {{ keyward: string, scopes?: string[], verifierToken?: string, timeoutMs?: number }} options */
export function requireApiKey({ keyward, scopes = [], verifierToken, timeoutMs = 5_000 }) {
  const url = new URL(`/verify?${new URLSearchParams(scopes.map((scope) => ['scope', scope]))}`, keyward);
  return async (request, reply) => {
    for (const name of Object.keys(request.headers)) if (name.startsWith('x-keyward-')) delete request.headers[name];
    const { authorization, 'x-api-key': apiKey, 'user-agent': userAgent } = request.headers;
    const sent = {
      authorization,
      'x-api-key': apiKey,
      'user-agent': userAgent,
      'x-forwarded-for': request.ip,
      'x-verifier-token': verifierToken,
    };
    const headers = Object.entries(sent).filter(([, value]) => value !== undefined);
    // If Keyward is unreachable or too slow, or another program responds in its place, every request is rejected.
    const answer = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) }).catch(() => null);
    const body = await answer?.text().catch(() => null);
    if (body && answer.status === 200 && answer.headers.has('x-keyward-key-id')) {
      for (const [name, value] of answer.headers) if (name.startsWith('x-keyward-')) request.headers[name] = value;
      return;
    }
    if (!body || answer.status < 400) return reply.code(503).header('retry-after', '5').send({ code: 'SERVICE_UNAVAILABLE' });
    for (const name of PASSED_ON) if (answer.headers.has(name)) reply.header(name, answer.headers.get(name));
    return reply.code(answer.status).send(body);
  };
}
