const WIDTH = 30;
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\x1b[2K';

/** One line on a terminal that tells how far something has come. Elsewhere nothing is drawn. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  #drawnAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /**
   * @param share from 0 to 1; null where the end isn't known
   * @param text what stands behind the bar
   */
  draw(share: number | null, text: string): void {
    if (!this.#stream.isTTY || performance.now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = performance.now();
    const full = Math.round((share ?? 0) * WIDTH);
    const bar = share === null ? '' : `[${'#'.repeat(full).padEnd(WIDTH, '.')}] ${Math.floor(share * 100)} %  `;
    this.#stream.write(`${CLEAR_LINE}${bar}${text}`);
  }

  /** Makes room for other output. */
  clear(): void {
    if (!this.#stream.isTTY) return;
    this.#stream.write(CLEAR_LINE);
    this.#drawnAt = 0;
  }
}
