import { CreatePortalSessionDocument, type CreatePortalSessionInput, type PortalPermission } from '../generated/graphql.js';
import { dataOf } from './doors.js';
import { newExternalId, type TestService } from './services.js';
import type { TestApp } from './test-app.js';

export const PORTAL_PERMISSIONS: readonly PortalPermission[] = [
  'KEYS_READ',
  'KEYS_CREATE',
  'KEYS_UPDATE',
  'KEYS_ROTATE',
  'KEYS_REVOKE',
  'AUDIT_READ',
];

/** A portal session of a test. */
export interface TestPortalSession {
  id: string;
  token: string;
  userId: string;
  externalId: string;
}

/** Creates a portal session with every permission, for a new user, unless the input says otherwise. */
export async function newPortalSession(
  app: TestApp,
  service: TestService,
  input: Partial<CreatePortalSessionInput> = {},
): Promise<TestPortalSession> {
  const { externalId = newExternalId(), permissions = [...PORTAL_PERMISSIONS] } = input;
  const answer = await app.send(CreatePortalSessionDocument, { input: { ...input, externalId, permissions } }, { token: service.token });
  const { accessToken, portalSessionId, user } = dataOf(answer).createPortalSession;
  return { id: portalSessionId, token: accessToken, userId: user.id, externalId };
}
