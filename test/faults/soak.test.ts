import { expect, test } from '@jest/globals';
import { FAULTS } from '../support/faults/chaos.js';
import { soak } from '../support/faults/soak.js';

test('F1 to F5: every kind of disturbance under load causes no wrong response and loses no acknowledged write', async () => {
  const load = { writers: 4, verifiers: 5 };
  const kills = { kills: 0, webhookKills: 0 };
  const findings = await soak({ ...kills, seconds: 0, everySeconds: 2, faultSecondsMax: 1.5, seed: 1, load, onProgress: () => undefined });
  expect(findings).toMatchObject({ wrongAnswers: 0, lostWrites: 0, told: [] });
  expect([...findings.faults.keys()].sort()).toEqual(Object.keys(FAULTS).sort());
  expect(findings.served).toBeGreaterThan(100);
}, 120_000);
