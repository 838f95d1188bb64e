const LINE_BYTES_MAX = 64 * 1_024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = '\ufeff';

/** One line of a file. `number` starts at 1, as in editors. */
export type Line = { number: number; text: string } | { number: number; fault: string };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(number: number, bytes: Buffer): Line {
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  try {
    const text = decoder.decode(bytes.subarray(0, end));
    return { number, text: number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text };
  } catch {
    return { number, fault: 'is not valid UTF-8' };
  }
}

/** Collects the parts of a line. A line that is too long is not stored. */
class PartialLine {
  #parts: Buffer[] = [];
  #length = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > LINE_BYTES_MAX) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  /** Returns the collected line, and starts the next one. */
  take(number: number): Line {
    const line: Line =
      this.#length > LINE_BYTES_MAX
        ? { number, fault: `is longer than ${LINE_BYTES_MAX / 1_024} KiB` }
        : decode(number, Buffer.concat(this.#parts));
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}

/**
 * Yields the lines of a file, in constant memory. Accepts a byte order mark, CRLF, and a last line without a line break.
 * Counts blank lines, but does not yield them.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const partial = new PartialLine();
  let number = 0;
  const isBlank = (line: Line) => 'text' in line && line.text.trim() === '';
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      partial.add(chunk.subarray(start, end));
      number += 1;
      const line = partial.take(number);
      if (!isBlank(line)) yield line;
      start = end + 1;
    }
    partial.add(chunk.subarray(start));
  }
  const last = partial.take(number + 1);
  if (!isBlank(last)) yield last;
}
