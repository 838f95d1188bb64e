import { Arg, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import { ForServices } from '../auth/access-middleware.js';
import type { UserList } from '../auth/accounts/user-list.js';
import type { Users } from '../auth/accounts/users.js';
import { User } from '../auth/auth.graphql.js';
import { CurrentService } from '../auth/auth-context.js';
import type { ServiceCaller } from '../auth/caller.js';
import { badUserInput, KeywardError } from '../platform/errors/keyward-error.js';
import { pageCost } from '../platform/graphql/cost.js';
import { CHANGE_COST } from '../platform/limits.js';
import { characterFault } from '../platform/text.js';
import {
  DeleteUserPayload,
  DisableUserPayload,
  EnableUserPayload,
  UpsertUserInput,
  UpsertUserPayload,
  UserConnection,
  UserFilter,
} from './management-users.graphql.js';
import type { UserAdministration } from './user-administration.js';
import type { UserUpsert } from './user-upsert.js';

const ID_OF_USER = 'ID of the user.';

/** Operations of services on users. */
@Resolver()
export class ManagementUsersResolver {
  readonly #services: { users: Users; userList: UserList; userAdministration: UserAdministration; userUpsert: UserUpsert };

  constructor(services: { users: Users; userList: UserList; userAdministration: UserAdministration; userUpsert: UserUpsert }) {
    this.#services = services;
  }

  @ForServices('users:read')
  @Query(() => UserConnection, {
    description: 'All users, newest first. With a filter, a page can be short although `hasNextPage` is true.',
    complexity: pageCost,
  })
  users(
    @Arg('first', () => Int, { defaultValue: 50, description: 'Maximum number of users in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
    @Arg('filter', () => UserFilter, { nullable: true, description: 'Which users to return. Null if all users are returned.' })
    filter: UserFilter | null | undefined,
  ): Promise<UserConnection> {
    return this.#services.userList.page({ first, after: after ?? null }, filter ?? {});
  }

  @ForServices('users:read')
  @Query(() => User, {
    nullable: true,
    description: 'The user with an ID or an external ID. Exactly one of the two must be given. NOT_FOUND if there is no such user.',
  })
  async user(
    @Arg('id', () => ID, { nullable: true, description: `${ID_OF_USER} Null if the external ID is given.` }) id: string | null | undefined,
    @Arg('externalId', () => String, {
      nullable: true,
      description: 'ID of the user in the product or at the identity provider. Null if the ID is given.',
    })
    externalId: string | null | undefined,
  ): Promise<User> {
    if (typeof id === 'string' && typeof externalId !== 'string') return this.#services.userAdministration.get(id);
    if (typeof externalId !== 'string' || typeof id === 'string') {
      throw badUserInput(['id', 'externalId'].map((path) => ({ path, message: 'must be given unless the other one is' })));
    }
    const user = characterFault(externalId) === null ? await this.#services.users.findByExternalId(externalId) : null;
    if (!user) throw new KeywardError('NOT_FOUND', 'There is no user with this external ID.');
    return user;
  }

  @ForServices('users:write')
  @Mutation(() => UpsertUserPayload, {
    complexity: CHANGE_COST,
    description: 'Creates the user with an external ID, or changes it. Absent fields are unchanged.',
  })
  async upsertUser(
    @Arg('input', () => UpsertUserInput, { description: 'The user, and what to set.' }) input: UpsertUserInput,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<UpsertUserPayload> {
    return this.#services.userUpsert.run(input, actor);
  }

  @ForServices('users:write')
  @Mutation(() => DisableUserPayload, {
    complexity: CHANGE_COST,
    description:
      'Disables a user. Sessions and API keys are rejected from the next request and the next verification on. NOT_FOUND if there is no user with this ID.',
  })
  async disableUser(
    @Arg('id', () => ID, { description: ID_OF_USER }) id: string,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<DisableUserPayload> {
    return { user: await this.#services.userAdministration.disable(id, actor) };
  }

  @ForServices('users:write')
  @Mutation(() => EnableUserPayload, {
    complexity: CHANGE_COST,
    description:
      'Enables a disabled user. The API keys are valid again, and the earlier sessions stay ended. NOT_FOUND if there is no user with this ID.',
  })
  async enableUser(
    @Arg('id', () => ID, { description: ID_OF_USER }) id: string,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<EnableUserPayload> {
    return { user: await this.#services.userAdministration.enable(id, actor) };
  }

  @ForServices('users:write')
  @Mutation(() => DeleteUserPayload, {
    complexity: CHANGE_COST,
    description: 'Deletes a user with all sessions and API keys. The audit log is kept. NOT_FOUND if there is no user with this ID.',
  })
  async deleteUser(
    @Arg('id', () => ID, { description: ID_OF_USER }) id: string,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<DeleteUserPayload> {
    await this.#services.userAdministration.delete(id, actor);
    return { deleted: true };
  }
}
