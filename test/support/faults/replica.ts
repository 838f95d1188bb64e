import { type ServerProcess, startServer } from '../server-process.js';

/** One server process that can be killed and started again, on another port each time. */
export class Replica {
  readonly #env: Readonly<Record<string, string>>;
  #server: ServerProcess;
  /** When the server was last signalled to end, and when it last became ready, on the clock of `performance`. */
  #goneAt = Number.NEGATIVE_INFINITY;
  #backAt = Number.NEGATIVE_INFINITY;

  private constructor(env: Readonly<Record<string, string>>, server: ServerProcess) {
    this.#env = env;
    this.#server = server;
  }

  static async start(env: Readonly<Record<string, string>>): Promise<Replica> {
    return new Replica(env, await startServer(env));
  }

  get url(): string {
    return this.#server.url;
  }

  get server(): ServerProcess {
    return this.#server;
  }

  /** Returns whether the server ran without interruption since `sentAt`, so that a request sent then must have a response. */
  wasUpSince(sentAt: number): boolean {
    return this.#goneAt < sentAt && this.#backAt < sentAt;
  }

  /**
   * Ends the process and starts another in its place. Returns the result of the old one, and after how many milliseconds it
   * ended.
   */
  async restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number | null; ms: number }> {
    this.#backAt = Number.POSITIVE_INFINITY;
    this.#goneAt = performance.now();
    const { code } = await this.#server.stop(signal);
    const ms = performance.now() - this.#goneAt;
    this.#server = await startServer(this.#env);
    this.#backAt = performance.now();
    return { code, ms };
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: string | null }> {
    this.#backAt = Number.POSITIVE_INFINITY;
    return this.#server.stop(signal);
  }
}
