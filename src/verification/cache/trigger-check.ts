import type { Pool } from '../../platform/database/pool.js';
import { repairOf, type TriggerProblem } from './trigger-repair.js';
import { findTriggerParts, readTriggerState, type TriggerParts } from './triggers.queries.js';

/** Whether every change of a key is reported, for the operator. */
export interface TriggerReport {
  /** False while the servers do not use their caches. */
  isComplete: boolean;
  problems: TriggerProblem[];
  /** SQL that repairs the problems, for the owner of the database. */
  repair: string[];
}

/** Compares the triggers of the database with the expected ones, for the operator. */
export class TriggerCheck {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async read(): Promise<TriggerReport> {
    const client = await this.#pool.connect();
    try {
      const parts = await findTriggerParts(client);
      const { missing, expected } = await readTriggerState(client);
      const problems = [...basisProblems(parts), ...expected.flatMap((definition) => triggerProblem(definition, parts))];
      return { isComplete: missing.length === 0, problems, repair: repairOf(problems, parts.schema) };
    } finally {
      client.release();
    }
  }
}

function basisProblems({ hasTable, functionState }: TriggerParts): TriggerProblem[] {
  const problems: TriggerProblem[] = [];
  const basis = { table: null, definition: null };
  if (!hasTable) problems.push({ kind: 'table', name: 'verification_changes', fault: 'missing', ...basis });
  if (functionState !== 'expected') {
    problems.push({ kind: 'function', name: 'record_verification_change()', fault: functionState, ...basis });
  }
  return problems;
}

/** @param definition begins with the name, the event and the table: `CREATE TRIGGER name AFTER TRUNCATE ON table` */
function triggerProblem(definition: string, { triggers }: TriggerParts): TriggerProblem[] {
  const [, name = '', table = ''] = /TRIGGER (\w+) .*? ON (\w+)/.exec(definition) ?? [];
  const found = triggers.find((trigger) => trigger.name === name && trigger.table === table);
  const problem = { kind: 'trigger', name, table, definition } as const;
  if (found === undefined) return [{ ...problem, fault: 'missing' }];
  if (found.definition !== definition) return [{ ...problem, fault: 'different' }];
  return found.firesAlways ? [] : [{ ...problem, fault: 'disabled' }];
}
