import { expect, test } from '@jest/globals';
import { dropDatabase, newDatabase } from '../support/database.js';
import { Findings } from '../support/faults/findings.js';
import { Random } from '../support/faults/random.js';
import { killSenders } from '../support/faults/webhook-kills.js';

/** `npm run soak -- --webhook-kills 100` kills a hundred times. */
const KILLS = 10;

test(`E1: every committed change is delivered with one stable id after ${KILLS} kills (-9), and no other change`, async () => {
  const databaseUrl = await newDatabase();
  const findings = new Findings();
  const { acknowledged, events } = await killSenders({ databaseUrl, kills: KILLS, lanes: 2, random: new Random(3), findings });
  expect(findings).toMatchObject({ wrongAnswers: 0, lostWrites: 0, told: [] });
  expect(acknowledged).toBeGreaterThan(0);
  expect(events).toBeGreaterThan(acknowledged);
  await dropDatabase(databaseUrl);
}, 240_000);
