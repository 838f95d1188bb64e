import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { DeleteMyAccountPayload, User } from '../auth.graphql.js';
import { type AuthContext, CurrentViewer } from '../auth-context.js';
import type { AuthService } from '../auth-service.js';
import type { Viewer } from '../sessions/sessions.js';
import type { User as UserRow } from './users.js';

/** What every user has, whoever keeps the account. */
@Resolver(() => User)
export class AccountResolver {
  readonly #auth: AuthService;
  readonly #externalIdIssuer: string | null;

  /** @param externalIdIssuer the issuer that all external ids of this database belong to; null if they are the product's own */
  constructor(auth: AuthService, externalIdIssuer: string | null) {
    this.#auth = auth;
    this.#externalIdIssuer = externalIdIssuer;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'The identity provider that `externalId` belongs to. Null for accounts with a password, and if the id is the product’s own.',
  })
  issuer(@Root() user: UserRow): string | null {
    return user.externalId === null ? null : this.#externalIdIssuer;
  }

  @Mutation(() => DeleteMyAccountPayload, {
    description:
      'Deletes your account: every session ends, every key is rejected from the next verification on. The audit log stays. FORBIDDEN for a user of an identity provider whose sign-in there is older than 5 minutes.',
  })
  async deleteMyAccount(
    @Arg('password', () => String, {
      nullable: true,
      description:
        'Password of the account, once more. Required for accounts that have one. For a user of an identity provider a token issued in the last 5 minutes stands for it.',
    })
    password: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: AuthContext,
  ): Promise<DeleteMyAccountPayload> {
    await this.#auth.deleteAccount(viewer, password ?? null, context);
    return { deleted: true };
  }
}
