import { createWriteStream } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationStream } from 'pino';

/** About 20,000 lines. */
const BYTES_MAX = 4 * 1_048_576;

/**
 * Writes log lines without waiting for their reader. If the reader is too slow, lines wait in memory. If more than `bytesMax`
 * wait, new lines are dropped and counted.
 */
export class LogOutput implements DestinationStream {
  readonly #stream: Writable;
  readonly #format: (line: string) => string;
  readonly #bytesMax: number;
  #droppedUnreported = 0;
  dropped = 0;

  constructor(stream: Writable, options: { format: (line: string) => string; bytesMax?: number }) {
    this.#stream = stream;
    this.#format = options.format;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    // Without a listener, a reader that closes the pipe or terminal would end the process.
    stream.on('error', () => undefined);
    stream.on('drain', () => this.#reportDropped());
  }

  /** @param line one JSON object */
  write(line: string): void {
    if (this.#stream.writableLength >= this.#bytesMax || !this.#stream.writable) {
      this.dropped += 1;
      this.#droppedUnreported += 1;
      return;
    }
    this.#reportDropped();
    this.#stream.write(this.#format(line));
  }

  #reportDropped(): void {
    if (this.#droppedUnreported === 0) return;
    const fields = { level: 40, time: new Date().toISOString(), pid: process.pid, dropped: this.#droppedUnreported };
    this.#droppedUnreported = 0;
    this.#stream.write(
      this.#format(`${JSON.stringify({ ...fields, msg: 'Log lines dropped because the reader of the log was too slow' })}\n`),
    );
  }

  /** Waits until every line is written, at most for the given time. */
  async flush(milliseconds: number): Promise<void> {
    const written = new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    await Promise.race([written, sleep(milliseconds, undefined, { ref: false })]);
  }
}

/**
 * Returns a stream that never blocks the event loop. Node writes to a file or terminal synchronously, so a stopped terminal
 * or a hanging disk would block the server. The stream for these writes in the thread pool, and blocks one of its threads.
 */
const asynchronousStdout = (): Writable => {
  const { stdout } = process;
  return stdout instanceof Socket && !stdout.isTTY ? stdout : createWriteStream('', { fd: 1, autoClose: false });
};

let standard: LogOutput | undefined;

/** Returns the log on stdout: the same object at each call. `format` of the first call applies. */
export function standardOutput(format: (line: string) => string): LogOutput {
  standard ??= new LogOutput(asynchronousStdout(), { format });
  return standard;
}

/** Returns how many log lines this process has dropped. */
export const droppedLogLines = (): number => standard?.dropped ?? 0;

/** Longest time for writing the remaining lines when the process ends. */
const FLUSH_MS_MAX = 1_000;

/** Waits until the log on stdout is written, at most 1 s: a stalled reader must not delay the end of the process. */
export const flushLog = async (): Promise<void> => standard?.flush(FLUSH_MS_MAX);
