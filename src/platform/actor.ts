/** Where a request comes from. Log lines and audit events record it. */
export interface RequestSource {
  requestId: string;
  /** Address of the caller: of the last hop that is not a trusted proxy. */
  ipAddress: string;
  /** User-Agent header. Null if the request has none. */
  userAgent: string | null;
  /** On the monotonic clock, in milliseconds. */
  receivedAt: number;
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

/** Keyward itself, such as when it disables a webhook endpoint. */
export interface ServerActor {
  readonly kind: 'server';
}

/** A service of the product, which acts with a service token. */
export interface ServiceActor {
  readonly kind: 'service';
  /** The request of the service itself. Limits go by its address. */
  readonly source: RequestSource;
  /** Name of the service token. */
  readonly name: string;
  /** Who at the product asked for it, as the service said. Null if it did not say. */
  readonly person: string | null;
  /** Address of that person's client, as the service said. Null if it did not say. */
  readonly clientAddress: string | null;
}

/** A user of the product, or a person who acts for that user, in a portal session. */
export interface PortalActor {
  readonly kind: 'portal';
  readonly source: RequestSource;
  readonly portalSessionId: string;
  /** Name of the service token that created the session. */
  readonly service: string;
  /** Who uses the session, as the service said. Null if it is the user. */
  readonly person: string | null;
}

/** Who sends a request. */
export type RequestActor = UserActor | ServiceActor | PortalActor;

/** Who does something. Log lines and audit events record it. */
export type Actor = RequestActor | OperatorActor | ServerActor;

export const OPERATOR: OperatorActor = { kind: 'operator' };

export const SERVER: ServerActor = { kind: 'server' };

export const userActor = (source: RequestSource): UserActor => ({ kind: 'user', source });

/** Returns the fields that every log line of a request has. The given object may have more properties, such as a credential. */
export const sourceFields = ({ requestId, ipAddress }: RequestSource) => ({ requestId, ipAddress });

/** Returns the actor as the audit log names it: `user`, `operator`, `server`, `service:NAME` or `service:NAME/PERSON`. */
export function nameOf(actor: Actor): string {
  switch (actor.kind) {
    case 'service':
      return `service:${actor.name}${actor.person === null ? '' : `/${actor.person}`}`;
    case 'portal':
      return actor.person === null ? 'user' : `service:${actor.service}/${actor.person}`;
    default:
      return actor.kind;
  }
}

/** Returns who at the product acts through a service or in a portal session. Null for every other actor, and if the service did not say. */
export const personOf = (actor: Actor): string | null => ('person' in actor ? actor.person : null);

/** Returns the fields that every log line about an action of the actor has. */
export function actorFields(actor: Actor): { requestId?: string; ipAddress?: string; actor?: string; portalSessionId?: string } {
  switch (actor.kind) {
    case 'user':
      return sourceFields(actor.source);
    case 'service':
      // The person may be an email address, which is not logged.
      return { ...sourceFields(actor.source), actor: nameOf({ ...actor, person: null }) };
    case 'portal':
      return { ...sourceFields(actor.source), portalSessionId: actor.portalSessionId };
    case 'operator':
    case 'server':
      return { actor: actor.kind };
  }
}

/** Returns where an action came from, as the audit log records it: the person's client if the service named it. Null for the operator and the server. */
export function recordedSource(actor: Actor): Pick<RequestSource, 'ipAddress' | 'userAgent'> | null {
  if (actor.kind === 'operator' || actor.kind === 'server') return null;
  const { ipAddress, userAgent } = actor.source;
  return { ipAddress: (actor.kind === 'service' ? actor.clientAddress : null) ?? ipAddress, userAgent };
}
