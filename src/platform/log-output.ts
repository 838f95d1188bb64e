import { createWriteStream } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationStream } from 'pino';

/** Some 20,000 lines. What a reader that stalls for longer misses is counted. */
const BYTES_MAX = 4 * 1_048_576;

/**
 * Writes log lines without ever waiting for their reader. A line goes out at once while the reader keeps up; else it waits
 * in memory, and beyond a bound it is dropped and counted.
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
    // The reader may be gone: a closed pipe or terminal is no reason to end.
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

  /** Waits until everything is written, or for so long. */
  async flush(milliseconds: number): Promise<void> {
    const written = new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    await Promise.race([written, sleep(milliseconds, undefined, { ref: false })]);
  }
}

/**
 * Node writes to a pipe or socket without waiting, and to a file or terminal synchronously. The latter are written by the
 * thread pool here: a terminal that was stopped, or a disk that hangs, then holds up one of its threads and not the server.
 */
const asynchronousStdout = (): Writable => {
  const { stdout } = process;
  return stdout instanceof Socket && !stdout.isTTY ? stdout : createWriteStream('', { fd: 1, autoClose: false });
};

let standard: LogOutput | undefined;

/** Returns the process's stdout as a log, the same at each call. */
export function standardOutput(format: (line: string) => string): LogOutput {
  standard ??= new LogOutput(asynchronousStdout(), { format });
  return standard;
}

/** Returns how many log lines this process has dropped. */
export const droppedLogLines = (): number => standard?.dropped ?? 0;

/** What is still to be written when the process ends gets this long. */
const FLUSH_MS_MAX = 1_000;

/** Waits until the log on stdout is written, for a second at most: a stalled reader must not hold up the end. */
export const flushLog = async (): Promise<void> => standard?.flush(FLUSH_MS_MAX);
