import type { TriggerReport } from '../../verification/cache/trigger-check.js';
import type { Fault, TriggerProblem } from '../../verification/cache/trigger-repair.js';
import type { KeywardCommand } from '../keyward-command.js';

const FAULTS: Readonly<Record<Fault, string>> = {
  missing: 'is missing',
  disabled: 'is disabled, or does not fire in every session',
  different: 'has another definition',
};

const sentenceOf = ({ kind, name, table, fault }: TriggerProblem): string =>
  `The ${kind} ${name}${table === null ? '' : ` on ${table}`} ${FAULTS[fault]}.`;

function textOf({ isComplete, problems, repair }: TriggerReport): string {
  if (isComplete) return 'Every change of a key is reported to the verification cache.';
  return `${problems.map(sentenceOf).join('\n')}

The servers do not use the verification cache: every verification reads its key from the database.
A restart does not repair this, because the migration was already applied. Run as the owner of the
database:

${repair.join('\n')}

Then restart every replica, so that none keeps a key that was changed without being reported.`;
}

const jsonOf = ({ isComplete, problems, repair }: TriggerReport): string =>
  JSON.stringify({ isComplete, problems: problems.map(({ definition: _, ...problem }) => problem), repair });

/** Adds `keyward cache`. */
export function addCacheCommands(program: KeywardCommand): void {
  const cache = program.command('cache').description('Checks the verification cache.').example('keyward cache check');
  cache
    .command('check')
    .description(
      'Checks that the database reports every change of a key, for example after a restore. If not, it prints what is missing ' +
        'and the SQL that repairs it, and exits with 1.',
    )
    .option('--json', 'Prints the result as JSON.')
    .example('keyward cache check')
    .runs(async ({ services }, { options: { json = false } }) => {
      const report = await services.triggerCheck.read();
      process.stdout.write(`${json ? jsonOf(report) : textOf(report)}\n`);
      return report.isComplete ? 0 : 1;
    });
}
