import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

/** Contains the compressed variants, by the SHA-256 of the file. scripts/lib/console-build.mjs writes it. */
const VARIANTS_FOLDER = '.compressed';

const ENCODINGS = ['br', 'gzip'] as const;
type Encoding = (typeof ENCODINGS)[number] | 'identity';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};

/** A file in memory. */
export interface StaticFile {
  type: string;
  /** Hexadecimal SHA-256 of the content. */
  hash: string;
  variants: ReadonlyMap<Encoding, Buffer>;
}

/**
 * Reads all files of a folder into memory, with their compressed variants. No request reaches the file system afterwards.
 *
 * @returns the files by their path in the folder, with slashes. Names that start with a dot are left out
 */
export async function readStaticFiles(folder: string): Promise<Map<string, StaticFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const contents = new Map(
    await Promise.all(
      paths.map(async (file): Promise<[string, Buffer]> => {
        return [path.relative(folder, file).split(path.sep).join('/'), await readFile(file)];
      }),
    ),
  );
  const visible = [...contents].filter(([name]) => !name.split('/').some((part) => part.startsWith('.')));
  return new Map(visible.map(([name, content]) => [name, staticFileOf(name, content, contents)]));
}

/** The name of a variant contains the hash of its file, so a variant of an earlier build is never used. */
function staticFileOf(name: string, content: Buffer, contents: ReadonlyMap<string, Buffer>): StaticFile {
  const hash = createHash('sha256').update(content).digest('hex');
  const variants = new Map<Encoding, Buffer>([['identity', content]]);
  for (const encoding of ENCODINGS) {
    const variant = contents.get(`${VARIANTS_FOLDER}/${hash}.${encoding}`);
    if (variant) variants.set(encoding, variant);
  }
  return { type: TYPES[path.extname(name)] ?? 'application/octet-stream', hash, variants };
}

/** Returns the smallest variant that the client accepts. */
function variantFor({ headers }: FastifyRequest, { variants }: StaticFile): Encoding {
  const accepted = new Negotiator({ headers: { 'accept-encoding': headers['accept-encoding'] } }).encodings([...ENCODINGS]);
  return ENCODINGS.find((encoding) => variants.has(encoding) && accepted.includes(encoding)) ?? 'identity';
}

/** Compares as RFC 9110 §13.1.2 requires: weakly, because a proxy that compresses weakens the tag. */
const matches = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));

/** Sends a file, or 304 if the client has it. */
export function sendStaticFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile, cacheControl: string): FastifyReply {
  const encoding = variantFor(request, file);
  const etag = `"${file.hash.slice(0, 32)}${encoding === 'identity' ? '' : `-${encoding}`}"`;
  void reply.header('cache-control', cacheControl).header('etag', etag);
  if (matches(request.headers['if-none-match'] ?? '', etag)) return reply.code(304).send();
  if (encoding !== 'identity') void reply.header('content-encoding', encoding);
  return reply.type(file.type).send(file.variants.get(encoding));
}
