import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { CHANGE_COST } from '../../platform/limits.js';
import { ForActingServices, ForPortalSessions, ForServices } from '../access-middleware.js';
import { type AuthContext, CurrentService } from '../auth-context.js';
import type { ServiceCaller } from '../caller.js';
import { PortalPermission } from './portal-permission.js';
import { CreatePortalSessionInput, CreatePortalSessionPayload, EndPortalSessionPayload } from './portal-session.graphql.js';
import type { PortalSessions } from './portal-sessions.js';

@Resolver()
export class PortalSessionResolver {
  readonly #portalSessions: PortalSessions;

  constructor(portalSessions: PortalSessions) {
    this.#portalSessions = portalSessions;
  }

  @ForActingServices()
  @ForPortalSessions()
  @Query(() => [PortalPermission], {
    nullable: true,
    description:
      'Permissions of the portal session that sends the request, so that a page offers what is permitted. Null if the caller is not a portal session.',
  })
  async myPortalPermissions(@Ctx() { authentication }: AuthContext): Promise<readonly string[] | null> {
    const caller = await authentication.caller();
    return caller.kind === 'portal' ? caller.permissions : null;
  }

  @ForServices('users:act')
  @Mutation(() => CreatePortalSessionPayload, {
    complexity: CHANGE_COST,
    description:
      'Creates a portal session: short-lived access to the API keys of one user, for a page of the product. It needs a service token with the permission users:act. It ends with its service token and when its user is disabled. FORBIDDEN if the user is disabled. A user has at most 20 portal sessions; beyond that, the oldest is ended.',
  })
  createPortalSession(
    @Arg('input', () => CreatePortalSessionInput, { description: 'User, permissions and lifetime of the portal session.' })
    { origin = null, actor = null, ...input }: CreatePortalSessionInput,
    @CurrentService() service: ServiceCaller,
  ): Promise<CreatePortalSessionPayload> {
    return this.#portalSessions.create({ ...input, origin, actor }, service);
  }

  @ForServices('users:act')
  @Mutation(() => EndPortalSessionPayload, {
    complexity: CHANGE_COST,
    description:
      'Ends a portal session. Its access token is rejected from the next request on. It needs a service token with the permission users:act. NOT_FOUND if no portal session has this ID.',
  })
  async endPortalSession(
    @Arg('id', () => ID, { description: 'ID of the portal session to end.' }) id: string,
    @CurrentService() service: ServiceCaller,
  ): Promise<EndPortalSessionPayload> {
    await this.#portalSessions.end(id, service.actor);
    return { ended: true };
  }
}
