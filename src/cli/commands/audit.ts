import { InvalidArgumentError } from 'commander';
import { systemClock } from '../../platform/clock.js';
import { readTimestamp } from '../../platform/timestamp.js';
import type { KeywardCommand } from '../keyward-command.js';
import { writeLines } from '../output.js';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

const EVENTS_MAX = 1_000_000;
const EVENTS_DEFAULT = 10_000;

/** Written out, because the help must not load the modules of the export. */
const CURSOR = /^\d{1,9}\.\d{1,18}\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readPastDate(text: string): Date {
  const date = DATE.test(text) ? readTimestamp(`${text}T00:00:00Z`) : TIME.test(text) ? readTimestamp(text) : null;
  if (date === null) throw new InvalidArgumentError('It must be a date like 2026-01-31 or a time like 2026-01-31T12:00:00Z.');
  if (date > systemClock.now()) throw new InvalidArgumentError('It must be in the past.');
  return date;
}

function readCursor(text: string): string {
  if (!CURSOR.test(text)) throw new InvalidArgumentError('It must be the `cursor` of an exported event.');
  return text;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,7}$/.test(text) || limit < 1 || limit > EVENTS_MAX) throw new InvalidArgumentError(`It must be from 1 to ${EVENTS_MAX}.`);
  return limit;
}

function addPrune(audit: KeywardCommand): void {
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

function addExport(audit: KeywardCommand): void {
  audit
    .command('export')
    .description(
      'Prints events of the audit log as JSON, one line for each event, in an order that later events continue. ' +
        'If no event is new, it prints nothing. The export is recorded in the audit log.',
    )
    .option(
      '--after <cursor>',
      'Continues after the event with this cursor. Without it, the export starts with the first event.',
      readCursor,
    )
    .option('--limit <events>', `Prints at most this number of events, from 1 to ${EVENTS_MAX}.`, readLimit, EVENTS_DEFAULT)
    .example('keyward audit export --after "$CURSOR" >> audit.ndjson')
    .runs<{ after?: string; limit: number }>(async ({ services, signal }, { options: { after, limit } }) => {
      for await (const events of services.auditExport.pages(after ?? null, limit)) {
        await writeLines(events);
        if (signal.aborted) break;
      }
      return 0;
    });
}

/** Adds `keyward audit`. */
export function addAuditCommands(program: KeywardCommand): void {
  const audit = program
    .command('audit')
    .description('Exports and prunes the audit log.')
    .example('keyward audit prune --before 2026-01-31');
  addExport(audit);
  addPrune(audit);
}
