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

function actionFaults({ actions }: AuditFilter): FieldFault[] {
  if (!actions || actions.length <= LIST_LIMITS.filterItemsMax) return [];
  return [{ path: 'filter.actions', message: `must have at most ${LIST_LIMITS.filterItemsMax} items` }];
}

/** Checks a filter of the events of all users. @throws {KeywardError} BAD_USER_INPUT with every broken rule */
export function checkFilter(filter: AuditFilter): void {
  const faults = actionFaults(filter);
  if (faults.length > 0) throw badUserInput(faults);
}

/** Checks a filter of the events of one user. @throws {KeywardError} BAD_USER_INPUT with every broken rule */
export function checkOwnFilter(filter: AuditFilter): void {
  const { userId } = filter;
  const faults = actionFaults(filter);
  if (userId !== null && userId !== undefined) {
    faults.push({ path: 'filter.userId', message: 'must be absent, because the list has only your own events' });
  }
  if (faults.length > 0) throw badUserInput(faults);
}
