import { ANSWER_MS_MAX, errorCodesOf, graphql, type Question, type Reply, send } from './client.js';
import type { Findings } from './findings.js';
import type { Replica } from './replica.js';

/** Within this time after the end of a disturbance, everything must be served again (row F1). */
export const RECOVERY_MS_MAX = 2_000;

/**
 * The outcome of an operation. `unknown`: the change may or may not have been applied. A code is one of the expected error codes
 * of the operation.
 */
export type Outcome<Data> = { is: 'done'; data: Data } | { is: 'refused'; code: string } | { is: 'unknown' };

/** Sends requests to the replicas and checks the rules that hold for every response. */
export class Asker {
  readonly replicas: readonly Replica[];
  readonly findings: Findings;
  /** Infinity during a disturbance. */
  #faultEndedAt = Number.NEGATIVE_INFINITY;

  constructor(replicas: readonly Replica[], findings: Findings) {
    this.replicas = replicas;
    this.findings = findings;
  }

  faultBegins(): void {
    this.#faultEndedAt = Number.POSITIVE_INFINITY;
  }

  faultEnds(): void {
    this.#faultEndedAt = performance.now();
  }

  /** Returns the response to a request, or null if the replica ended before it could respond. */
  async send(replica: Replica, question: Omit<Question, 'url'>): Promise<Reply | null> {
    const { findings } = this;
    const what = `${question.method ?? 'GET'} ${question.path} ${question.body?.slice(0, 60) ?? ''}`;
    const reply = await send({ ...question, url: replica.url });
    findings.requests += 1;
    if (reply.status === 0 && !replica.wasUpSince(reply.sentAt)) return null;
    if (reply.ms > ANSWER_MS_MAX) findings.wrong(`${what} was answered after ${reply.ms.toFixed(0)} ms (${reply.status})`);
    else if (reply.status === 0) findings.wrong(`${what} got no answer from a server that was up`);
    if (reply.status === 503) this.#judgeUnavailable(what, reply);
    else findings.countServed(reply);
    return reply;
  }

  /** Sends a GraphQL document. `refusals` are the error codes that are expected. */
  async ask<Data>(
    replica: Replica,
    query: string,
    { variables = {}, token, refusals = [] }: { variables?: object; token?: string; refusals?: readonly string[] },
  ): Promise<Outcome<Data>> {
    const reply = await this.send(replica, graphql(query, variables, token));
    if (reply === null || reply.status === 0) return { is: 'unknown' };
    const [code, ...more] = errorCodesOf(reply);
    if (code === undefined && reply.status === 200) return { is: 'done', data: (reply.body as { data: Data }).data };
    if (code === 'SERVICE_UNAVAILABLE' && reply.status === 503) return { is: 'unknown' };
    // A stopping server responds before it reads the request.
    if (reply.status === 503 && !replica.wasUpSince(reply.sentAt)) return { is: 'unknown' };
    if (code !== undefined && more.length === 0 && refusals.includes(code)) return { is: 'refused', code };
    this.findings.wrong(`${query.slice(0, 60)} was answered with ${reply.status} ${code}`);
    return { is: 'unknown' };
  }

  #judgeUnavailable(what: string, { sentAt, retryAfter }: Reply): void {
    this.findings.lastUnavailableSentAt = Math.max(this.findings.lastUnavailableSentAt, sentAt);
    if (!(Number(retryAfter) > 0)) this.findings.wrong(`${what} was answered with 503 without Retry-After`);
    const late = sentAt - this.#faultEndedAt;
    if (late > RECOVERY_MS_MAX) this.findings.wrong(`${what} was answered with 503, sent ${late.toFixed(0)} ms after the last disturbance`);
  }
}
