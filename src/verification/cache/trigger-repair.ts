/** Why a change may not be reported. `disabled`: the trigger does not fire in every session. `different`: it has another definition. */
export type Fault = 'missing' | 'disabled' | 'different';

/** A part of the database that is not as the migrations created it. */
export interface TriggerProblem {
  kind: 'table' | 'function' | 'trigger';
  name: string;
  /** The table of a trigger, else null. */
  table: string | null;
  fault: Fault;
  /** Definition of a trigger, else null. */
  definition: string | null;
}

/** The migration that creates the table, its first row and the function. */
export const MIGRATION = 'prisma/migrations/20261129113248_verification_changes/migration.sql';

const triggerRepair = ({ name, table, fault, definition }: TriggerProblem): string[] => [
  ...(fault === 'different' ? [`DROP TRIGGER ${name} ON ${table};`] : []),
  ...(fault === 'disabled' ? [] : [`${definition};`]),
  `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name};`,
];

/** Returns the SQL that repairs the problems, one statement or comment in each item. */
export function repairOf(problems: readonly TriggerProblem[], schema: string): string[] {
  if (problems.length === 0) return [];
  const statements = problems.flatMap((problem) => {
    if (problem.kind === 'trigger') return triggerRepair(problem);
    if (problem.kind === 'table') return [`-- Insert here, from ${MIGRATION}: the statements from CREATE TABLE to INSERT.`];
    if (problem.fault === 'missing') return [`-- Insert here, from ${MIGRATION}: the statements from CREATE FUNCTION to REVOKE.`];
    return [
      `ALTER FUNCTION ${problem.name} SECURITY DEFINER;`,
      `ALTER FUNCTION ${problem.name} SET search_path = pg_catalog, ${schema}, pg_temp;`,
    ];
  });
  return ['BEGIN;', ...statements, 'COMMIT;'];
}
