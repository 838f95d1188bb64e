// Lets a request of a Fastify application pass when its API key may, by Keyward's /verify:
//   app.addHook('onRequest', requireApiKey({ keyward: 'http://127.0.0.1:4000', scopes: ['orders:read'] }));
// and then request.headers['x-keyward-user-id'] says whose key it is, always as Keyward tells it.

/** @param {{ keyward: string, scopes?: string[], verifierToken?: string }} options */
export function requireApiKey({ keyward, scopes = [], verifierToken }) {
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
    // Keyward away or too slow: nobody passes.
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) }).catch(() => null);
    if (answer?.status === 200) {
      for (const [name, value] of answer.headers) if (name.startsWith('x-keyward-')) request.headers[name] = value;
      return;
    }
    for (const name of ['www-authenticate', 'retry-after', 'content-type'])
      if (answer?.headers.has(name)) reply.header(name, answer.headers.get(name));
    return reply.code(answer?.status ?? 503).send((await answer?.text()) ?? { code: 'SERVICE_UNAVAILABLE' });
  };
}
