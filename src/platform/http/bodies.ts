import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/** 100 kB. Requests of a typical client have 1 or 2 kB. */
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
    // Fastify compares receivedEncodedLength with Content-Length, and the length of the decompressed stream with the limit,
    // so it stops reading a decompression bomb at the limit.
    const plain = Object.assign(DECOMPRESS[encoding as keyof typeof DECOMPRESS](), { receivedEncodedLength: 0 });
    // If no code reads the stream, because the request was rejected, an error without a listener would end the process.
    // A reader of the stream receives the error, too.
    plain.on('error', () => undefined);
    payload.on('data', (chunk: Buffer) => (plain.receivedEncodedLength += chunk.length));
    return payload.pipe(plain);
  });

  // Other types than JSON reach the handler without a body: Apollo's CSRF prevention rejects them by their headers.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined));
}
