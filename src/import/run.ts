import type { BatchResult, KeyImporter } from './importer.js';
import { type Line, readLines } from './lines.js';

/** Larger batches are not faster, and lock the rows of their users longer. */
const BATCH_LINES = 500;

/** Counts of an import so far. */
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
 * Imports a file in batches. Completed batches stay imported if the import stops or fails.
 *
 * @param options.chunks the bytes of the file
 * @param options.progress updated after each batch, so it is also valid if this function throws
 * @param options.onBad called for each rejected line, in order
 * @param options.onBatch called after each batch
 * @param options.signal stops the import between two batches
 * @throws the errors of KeyImporter.importBatch and of `chunks`
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
    // An aborted reader may have cut off the last line of the batch.
    if (signal?.aborted) return;
    const result = await importer.importBatch(batch);
    add(progress, result);
    for (const { number, outcome } of result.outcomes) if (outcome.kind === 'bad') onBad(number, outcome.reasons);
    onBatch?.();
  }
}
