// Builds the console by Vite, and compresses its files, so that the server only reads them when it starts.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** The server looks for a variant by the hash of the file, in src/platform/http/static-files.ts. */
const VARIANTS_FOLDER = '.compressed';

/** Smaller files fit into one packet, and images are compressed already. */
const COMPRESSED_BYTES_MIN = 1_000;
const COMPRESSED_FILE = /\.(?:html|js|css|json|svg|txt)$/;

/**
 * Writes the compressed variants of all files in the folder of a build.
 *
 * @param {string} folder
 */
export function compressFiles(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && COMPRESSED_FILE.test(entry.name));
  mkdirSync(path.join(folder, VARIANTS_FOLDER), { recursive: true });
  for (const { parentPath, name } of files) {
    const content = readFileSync(path.join(parentPath, name));
    if (content.length < COMPRESSED_BYTES_MIN) continue;
    const variant = path.join(folder, VARIANTS_FOLDER, createHash('sha256').update(content).digest('hex'));
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${variant}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${variant}.gzip`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
  }
}
