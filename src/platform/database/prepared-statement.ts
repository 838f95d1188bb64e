import { hash } from 'node:crypto';
import { Prisma } from './generated/client.js';

const MARK = '/* prepared */';

/**
 * Stands at the start of a statement that each connection prepares once. PostgreSQL then plans the statement a few times instead of at
 * each execution, which takes longer than the execution of a long statement for one row. Its text must not depend on the parameters,
 * because a connection keeps what it prepared.
 */
export const PREPARED = Prisma.raw(MARK);

/** Returns the name by which a connection prepares a statement; empty if it prepares it for each execution. */
export const nameOfPrepared = ({ sql }: { sql: string }): string => (sql.startsWith(MARK) ? `keyward-${hash('sha1', sql)}` : '');
