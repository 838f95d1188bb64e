import { hash } from 'node:crypto';
import { Prisma } from './generated/client.js';

const MARK = '/* prepared */';

/**
 * The comment at the start of a statement that each connection prepares once. For one row, planning a long statement takes longer than
 * its execution. The text of the statement must not depend on its parameters, because a connection keeps every text that it prepared.
 * PostgreSQL plans the statement for the sizes that the tables have at that time, until they are analyzed again.
 */
export const PREPARED = Prisma.raw(MARK);

/** Returns the name under which a connection keeps a prepared statement. Empty for a statement without the comment, which is not kept. */
export const nameOfPrepared = ({ sql }: { sql: string }): string => (sql.startsWith(MARK) ? `keyward-${hash('sha1', sql)}` : '');
