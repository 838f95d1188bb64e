import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Asker, RECOVERY_MS_MAX } from '../support/faults/asker.js';
import { Findings } from '../support/faults/findings.js';
import { Load } from '../support/faults/load.js';
import { Random } from '../support/faults/random.js';
import { type Stack, startStack } from '../support/faults/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

describe('F1: PostgreSQL restarts under load', () => {
  test.each([
    ['restarted as after a loss of power', () => stack.cluster.restart('immediate')],
    [
      'unavailable for a second',
      async (findings: Findings) => {
        const stoppedAt = performance.now();
        await stack.cluster.stop('fast');
        await eventually(() => expect(findings.lastUnavailableSentAt).toBeGreaterThan(stoppedAt + 1_000), { withinMs: 10_000 });
        await stack.cluster.start();
      },
    ],
  ])('PostgreSQL %s: the servers respond with 503 meanwhile, never incorrectly, and serve again within 2 s', async (_how, disturb) => {
    const findings = new Findings();
    const asker = new Asker(stack.replicas, findings);
    const load = new Load(asker, new Random(1), { writers: 3, verifiers: 6 });
    await eventually(() => expect(findings.served).toBeGreaterThan(20), { withinMs: 10_000 });
    const beganAt = performance.now();
    asker.faultBegins();
    await disturb(findings);
    asker.faultEnds();
    const [endedAt, servedBefore] = [performance.now(), findings.served];
    // The asker checks the requests that are sent later than the time to recover.
    const isServedLater = () => expect(findings.lastServedSentAt).toBeGreaterThan(endedAt + RECOVERY_MS_MAX + 1_000);
    await eventually(isServedLater, { withinMs: RECOVERY_MS_MAX + 10_000 });
    await load.stop();
    expect(findings).toMatchObject({ wrongAnswers: 0, told: [] });
    expect(findings.lastUnavailableSentAt).toBeGreaterThan(beganAt);
    expect(findings.served).toBeGreaterThan(servedBefore + 20);
  });
});
