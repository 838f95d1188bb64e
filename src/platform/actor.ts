/** Where a request comes from. Log lines and audit events record it. */
export interface RequestSource {
  requestId: string;
  /** Address of the caller: of the last hop that is not a trusted proxy. */
  ipAddress: string;
  /** User-Agent header. Null if the request has none. */
  userAgent: string | null;
}

/** A user, or a person who is about to become one by signing in or up. */
export interface UserActor {
  readonly kind: 'user';
  readonly source: RequestSource;
}

/** The operator, who acts by a command instead of a request. */
export interface OperatorActor {
  readonly kind: 'operator';
}

/** Who does something. Log lines and audit events record it. */
export type Actor = UserActor | OperatorActor;

export const OPERATOR: OperatorActor = { kind: 'operator' };

export const userActor = (source: RequestSource): UserActor => ({ kind: 'user', source });

/** Returns the fields that every log line of a request has. The given object may have more properties, such as a credential. */
export const sourceFields = ({ requestId, ipAddress }: RequestSource) => ({ requestId, ipAddress });

/** Returns the fields that every log line about an action of the actor has. */
export function actorFields(actor: Actor): { requestId: string; ipAddress: string } | { actor: string } {
  switch (actor.kind) {
    case 'user':
      return sourceFields(actor.source);
    case 'operator':
      return { actor: actor.kind };
  }
}
