import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/** 100 kB: a GraphQL request of ours has 1 or 2. */
export const BODY_BYTES_MAX = 100_000;

const DECOMPRESS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };

/**
 * Reads JSON bodies, compressed or not, up to BODY_BYTES_MAX. Compressed bodies are accepted because gateways and HTTP clients
 * may compress requests, and row H1 of docs/security.md promises 413 for a large body, compressed or not. A general 415 for
 * them would break both.
 */
export function registerBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (encoding === 'identity') return payload;
    if (!Object.hasOwn(DECOMPRESS, encoding)) throw Object.assign(new Error('unknown content encoding'), { statusCode: 415 });
    // Fastify compares this with the announced length, and what comes out of the stream with the limit: a small body
    // that unpacks to a large one is cut off there.
    const plain = Object.assign(DECOMPRESS[encoding as keyof typeof DECOMPRESS](), { receivedEncodedLength: 0 });
    // Whoever reads it sees the error too. Where nobody does, because there is no body to be read or it was refused
    // half-way, an error without a listener would end the process.
    plain.on('error', () => undefined);
    payload.on('data', (chunk: Buffer) => (plain.receivedEncodedLength += chunk.length));
    return payload.pipe(plain);
  });

  // Other types than JSON reach the handler without a body: Apollo tells what a foreign page could send from the rest.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined));
}
