import { badUserInput, type FieldFault } from '../platform/errors/keyward-error.js';
import { LIST_LIMITS } from '../platform/limits.js';
import type { AuditAction } from './audit-entry.js';

/** Which events to return. Null counts as absent; an empty list matches nothing. */
export interface AuditFilter {
  actions?: readonly AuditAction[] | null;
  apiKeyId?: string | null;
  userId?: string | null;
  /** Inclusive. */
  from?: Date | null;
  /** Exclusive. */
  to?: Date | null;
}

/** Checks a filter of the events of one user. @throws {KeywardError} BAD_USER_INPUT with every broken rule */
export function checkOwnFilter({ actions, userId }: AuditFilter): void {
  const faults: FieldFault[] = [];
  if (actions && actions.length > LIST_LIMITS.filterItemsMax) {
    faults.push({ path: 'filter.actions', message: `must have at most ${LIST_LIMITS.filterItemsMax} items` });
  }
  if (userId !== null && userId !== undefined) {
    faults.push({ path: 'filter.userId', message: 'must be absent, because the list has only your own events' });
  }
  if (faults.length > 0) throw badUserInput(faults);
}
