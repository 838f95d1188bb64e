import type { EventFieldsFragment } from '../gql/graphql';
import type { Messages } from '../text';
import { list } from '../text/format';

export type AuditEvent = EventFieldsFragment;

const textIn = (details: Record<string, unknown>, name: string): string | undefined => {
  const value = details[name];
  return typeof value === 'string' ? value : undefined;
};

/** Returns what was done. An action that a newer server has and this console does not know is shown by its name. */
export const actionWords = ({ action }: AuditEvent, { audit }: Messages): string => audit[action] ?? action;

/** Returns who did it: "You", "Operator", or the name of a service. */
export function actorWords({ actor }: AuditEvent, { activity }: Messages): string {
  if (actor === 'user') return activity.you;
  return actor === 'operator' ? activity.operator : actor.replace(/^service:/, '');
}

/** Returns which settings changed, and the reason of a revocation. */
export function detailWords({ details }: AuditEvent, { activity }: Messages): string | undefined {
  const { changed, changes } = details;
  const fields = Array.isArray(changed) ? changed.map(String) : typeof changes === 'object' && changes ? Object.keys(changes) : [];
  if (fields.length > 0) return activity.changed(list(fields.map((field) => activity.fields[field] ?? field)));
  const reason = textIn(details, 'reason') ?? textIn(details, 'revokedReason');
  return reason ? activity.reason(reason) : undefined;
}

/** Returns the prefix of the key that the event concerns, which is kept even if the key no longer exists. */
export const prefixOf = ({ apiKey, details }: AuditEvent): string | undefined => apiKey?.keyPrefix ?? textIn(details, 'keyPrefix');
