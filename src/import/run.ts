import type { BatchResult, KeyImporter } from './importer.js';
import { type Line, readLines } from './lines.js';

/** Larger ones gain nothing more, and hold their users' rows locked for longer. */
const BATCH_LINES = 500;

/** What an import has come to. */
export interface Progress {
  lines: number;
  imported: number;
  present: number;
  bad: number;
  usersMade: number;
}

async function* inBatches(lines: AsyncIterable<Line>): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  for await (const line of lines) {
    batch.push(line);
    if (batch.length < BATCH_LINES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function add(progress: Progress, { outcomes, usersMade }: BatchResult): void {
  progress.lines += outcomes.length;
  progress.usersMade += usersMade;
  for (const { outcome } of outcomes) progress[outcome.kind] += 1;
}

/**
 * Imports a file, batch by batch. What was written stays written, however it ends.
 *
 * @param options.chunks the bytes of the file
 * @param options.progress is kept up to date, also where this throws
 * @param options.onBad told of each bad line, in order
 * @param options.onBatch called after each batch
 * @param options.signal ends it between two batches
 * @throws what KeyImporter.importBatch throws, and what reading throws
 */
export async function runImport(options: {
  importer: KeyImporter;
  chunks: AsyncIterable<Buffer>;
  progress: Progress;
  onBad: (line: number, reasons: readonly string[]) => void;
  onBatch?: () => void;
  signal?: AbortSignal;
}): Promise<void> {
  const { importer, chunks, progress, onBad, onBatch, signal } = options;
  for await (const batch of inBatches(readLines(chunks))) {
    // What was read of a batch when the reading was ended may break off in the middle of a line.
    if (signal?.aborted) return;
    const result = await importer.importBatch(batch);
    add(progress, result);
    for (const { number, outcome } of result.outcomes) if (outcome.kind === 'bad') onBad(number, outcome.reasons);
    onBatch?.();
  }
}
