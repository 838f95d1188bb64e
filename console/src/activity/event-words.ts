import type { EventFieldsFragment } from '../gql/graphql';
import type { KeyMessages } from '../text';
import { list } from '../text/format';

export type AuditEvent = EventFieldsFragment;

const textIn = (details: Record<string, unknown>, name: string): string | undefined => {
  const value = details[name];
  return typeof value === 'string' ? value : undefined;
};

/** Returns what was done. An action that a newer server has and this console does not know is shown by its name. */
export const actionWords = ({ action }: AuditEvent, { audit }: KeyMessages): string => audit[action] ?? action;

/** Returns who did it: "You", "Operator", or the name of a service. */
export function actorWords({ actor }: AuditEvent, { events }: KeyMessages): string {
  if (actor === 'user') return events.you;
  return actor === 'operator' ? events.operator : actor.replace(/^service:/, '');
}

/** Returns which settings changed, and the reason of a revocation. */
export function detailWords({ details }: AuditEvent, { events }: KeyMessages): string | undefined {
  const { changed, changes } = details;
  const fields = Array.isArray(changed) ? changed.map(String) : typeof changes === 'object' && changes ? Object.keys(changes) : [];
  if (fields.length > 0) return events.changed(list(fields.map((field) => events.fields[field] ?? field)));
  const reason = textIn(details, 'reason') ?? textIn(details, 'revokedReason');
  return reason ? events.reason(reason) : undefined;
}

/** Returns the prefix of the key that the event concerns, which is kept even if the key no longer exists. */
export const prefixOf = ({ apiKey, details }: AuditEvent): string | undefined => apiKey?.keyPrefix ?? textIn(details, 'keyPrefix');
