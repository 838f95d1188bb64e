import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { DeleteMyAccountPayload, User } from '../auth.graphql.js';
import { type AuthContext, CurrentViewer } from '../auth-context.js';
import type { AuthService } from '../auth-service.js';
import type { Viewer } from '../sessions/sessions.js';
import type { User as UserRow } from './users.js';

/** Resolvers for all users, including users of an identity provider. */
@Resolver(() => User)
export class AccountResolver {
  readonly #auth: AuthService;
  readonly #externalIdIssuer: string | null;

  /** @param externalIdIssuer issuer of all external ids in this database; null if they are the product's own */
  constructor(auth: AuthService, externalIdIssuer: string | null) {
    this.#auth = auth;
    this.#externalIdIssuer = externalIdIssuer;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Issuer of the identity provider that `externalId` belongs to. Null if the account has a password or the ID is the product’s own.',
  })
  issuer(@Root() user: UserRow): string | null {
    return user.externalId === null ? null : this.#externalIdIssuer;
  }

  @Mutation(() => DeleteMyAccountPayload, {
    description:
      'Deletes your account. Every session ends, and every key is rejected from the next verification on. The audit log is kept. FORBIDDEN for a user of an identity provider if the sign-in there is older than 5 minutes.',
  })
  async deleteMyAccount(
    @Arg('password', () => String, {
      nullable: true,
      description:
        'Current password of the account, required if the account has one. Null if you are a user of an identity provider; a sign-in there in the last 5 minutes is required instead.',
    })
    password: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: AuthContext,
  ): Promise<DeleteMyAccountPayload> {
    await this.#auth.deleteAccount(viewer, password ?? null, context.actor);
    return { deleted: true };
  }
}
