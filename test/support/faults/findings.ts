/** Maximum number of findings that are kept as text. */
const TOLD_MAX = 20;

/** The findings of a run. */
export class Findings {
  requests = 0;
  /** Requests with a response other than 503. */
  served = 0;
  /** When the last request with a 503 response was sent, on the clock of `performance`. */
  lastUnavailableSentAt = Number.NEGATIVE_INFINITY;
  /** When the last request with another response was sent. */
  lastServedSentAt = Number.NEGATIVE_INFINITY;
  wrongAnswers = 0;
  lostWrites = 0;
  readonly faults = new Map<string, number>();
  /** The first findings, as text. */
  readonly told: string[] = [];

  countServed({ sentAt }: { sentAt: number }): void {
    this.served += 1;
    this.lastServedSentAt = Math.max(this.lastServedSentAt, sentAt);
  }

  wrong(what: string): void {
    this.wrongAnswers += 1;
    this.#tell(`wrong answer: ${what}`);
  }

  lost(what: string): void {
    this.lostWrites += 1;
    this.#tell(`lost acknowledged write: ${what}`);
  }

  countFault(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }

  #tell(what: string): void {
    if (this.told.length < TOLD_MAX) this.told.push(`${(performance.now() / 1_000).toFixed(2)} s ${what}`);
  }
}
