import { InvalidArgumentError } from 'commander';
import { systemClock } from '../../platform/clock.js';
import type { KeywardCommand } from '../keyward-command.js';

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z)?$/;

function readPastDate(text: string): Date {
  const date = new Date(text);
  if (!DATE.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('It must be a date like 2026-01-31 or a time like 2026-01-31T12:00:00Z.');
  }
  if (date > systemClock.now()) throw new InvalidArgumentError('It must be in the past.');
  return date;
}

/** Adds `keyward audit`. */
export function addAuditCommands(program: KeywardCommand): void {
  const audit = program.command('audit').description('Manages the audit log.').example('keyward audit prune --before 2026-01-31');
  audit
    .command('prune')
    .description('Deletes old events of the audit log permanently, and prints the number of deleted events.')
    .requiredOption(
      '--before <date>',
      'Deletes the events before this day (2026-01-31, in UTC) or time (2026-01-31T12:00:00Z).',
      readPastDate,
    )
    .option('--json', 'Prints JSON instead of text.')
    .example('keyward audit prune --before 2026-01-31')
    .runs<{ before: Date; json?: true }>(async ({ services, signal }, { options: { before, json = false } }) => {
      let removed = 0;
      for await (const step of services.auditLog.prune(before)) {
        removed += step.removed;
        if (signal.aborted) break;
      }
      process.stdout.write(json ? `${JSON.stringify({ removed })}\n` : `${removed.toLocaleString('en-US')} events removed\n`);
      return 0;
    });
}
