const WIDTH = 30;
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\x1b[2K';

/** A progress bar in one line of a terminal. It draws nothing if the stream is not a terminal. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  #drawnAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /**
   * Draws the bar, at most once in REDRAW_MS.
   *
   * @param share completed share from 0 to 1; null if the total is unknown
   * @param text follows the bar
   */
  draw(share: number | null, text: string): void {
    if (!this.#stream.isTTY || performance.now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = performance.now();
    const full = Math.round((share ?? 0) * WIDTH);
    const bar = share === null ? '' : `[${'#'.repeat(full).padEnd(WIDTH, '.')}] ${Math.floor(share * 100)} %  `;
    this.#stream.write(`${CLEAR_LINE}${bar}${text}`);
  }

  /** Removes the bar, so that other output can be written. The next call of `draw` draws it again. */
  clear(): void {
    if (!this.#stream.isTTY) return;
    this.#stream.write(CLEAR_LINE);
    this.#drawnAt = 0;
  }
}
