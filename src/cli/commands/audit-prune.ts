import { parseArgs } from 'node:util';
import { AuditLog } from '../../audit/audit-log.js';
import { systemClock } from '../../platform/clock.js';
import { Cursors } from '../../platform/pagination.js';
import { AppSecrets } from '../../platform/secrets.js';
import { readArguments, runCommand, UsageError } from '../run-command.js';

const USAGE = `Usage: npm run audit:prune -- --before DATE

Removes the events of the audit log that are older, for good.
  --before   a day in the past (2026-01-31, in UTC) or a moment (2026-01-31T12:00:00Z)`;

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z)?$/;

function parse(): Date {
  const { values } = parseArgs({ options: { before: { type: 'string' } } });
  const before = new Date(values.before ?? '');
  if (!DATE.test(values.before ?? '') || Number.isNaN(before.getTime())) throw new UsageError('--before must be a date.');
  if (before > systemClock.now()) throw new UsageError('--before must be in the past.');
  return before;
}

const before = readArguments(USAGE, parse);
await runCommand(async ({ database, appSecrets, logger, signal }) => {
  const cursors = new Cursors(new AppSecrets(appSecrets).keysFor('cursor'));
  let total = 0;
  for await (const { removed } of new AuditLog({ database, clock: systemClock, cursors, logger }).prune(before)) {
    total += removed;
    if (signal.aborted) break;
  }
  process.stdout.write(`${total.toLocaleString('en-US')} events removed\n`);
  return 0;
});
