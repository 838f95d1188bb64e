import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { type Line, readLines } from '../../src/import/lines.js';
import { eventually } from '../support/eventually.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MEBIBYTE = 2 ** 20;

/** Returns the bytes of all buffers that are still referenced. */
const referencedBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
};

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function linesOf(content: string | Buffer, chunkSize = 65_536): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(inChunks(Buffer.from(content), chunkSize))) lines.push(line);
  return lines;
}

describe('readLines', () => {
  test.each([1, 2, 3, 7, 65_536])(
    'handles BOM, CRLF, blank lines and a last line without an end, in chunks of %d bytes',
    async (chunkSize) => {
      expect(await linesOf('\ufefferste\r\n\n  \r\nvierte ü\n\nsechste', chunkSize)).toEqual([
        { number: 1, text: 'erste' },
        { number: 4, text: 'vierte ü' },
        { number: 6, text: 'sechste' },
      ]);
    },
  );

  test('returns no line for an empty file', async () => {
    expect(await linesOf('')).toEqual([]);
  });

  test.each([1_000, 65_536, 200_000])('reports and skips a line of more than 64 KiB, in chunks of %d bytes', async (chunkSize) => {
    const most = 'a'.repeat(65_536);
    expect(await linesOf(`${most}\n${most}b\n${most}${most}\nlast`, chunkSize)).toEqual([
      { number: 1, text: most },
      { number: 2, fault: 'is longer than 64 KiB' },
      { number: 3, fault: 'is longer than 64 KiB' },
      { number: 4, text: 'last' },
    ]);
  });

  test('reports a line that is not UTF-8', async () => {
    expect(await linesOf(Buffer.from([0x61, 0x0a, 0xff, 0x0a, 0x62]))).toEqual([
      { number: 1, text: 'a' },
      { number: 2, fault: 'is not valid UTF-8' },
      { number: 3, text: 'b' },
    ]);
  });

  test('keeps at most the length limit of a line without an end', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      const before = referencedBytes();
      for (let count = 0; count < 100; count += 1) yield Buffer.alloc(MEBIBYTE, 'a');
      // V8 frees the memory of collected buffers a little later.
      await eventually(() => expect(referencedBytes() - before).toBeLessThan(10 * MEBIBYTE), { withinMs: 10_000 });
      yield Buffer.from('\nb');
    }
    const lines: Line[] = [];
    for await (const line of readLines(endless())) lines.push(line);
    expect(lines).toEqual([
      { number: 1, fault: 'is longer than 64 KiB' },
      { number: 2, text: 'b' },
    ]);
  });
});
