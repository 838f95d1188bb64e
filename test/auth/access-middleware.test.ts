// Must be the first import: TypeGraphQL's decorators need it.
import 'reflect-metadata';

import { expect, test } from '@jest/globals';
import { type ExecutionResult, graphql } from 'graphql';
import { buildSchemaSync, Query, Resolver } from 'type-graphql';
import { accessOf, closeByDefault, ForServices } from '../../src/auth/access-middleware.js';
import { type Caller, type PersonCaller, refusalOf, type ServiceCaller } from '../../src/auth/caller.js';

@Resolver()
class ServiceOperations {
  @ForServices('users:read')
  @Query(() => String)
  users(): string {
    return 'users';
  }

  @ForServices('any')
  @Query(() => String)
  policies(): string {
    return 'policies';
  }
}

const schema = closeByDefault(buildSchemaSync({ resolvers: [ServiceOperations] }));

const person = { kind: 'person' } as PersonCaller;
const service = (...permissions: string[]) => ({ kind: 'service', permissions, onBehalfOf: null }) as unknown as ServiceCaller;

async function ask(source: string, caller: Caller): Promise<ExecutionResult> {
  const authorize = async (access: Parameters<typeof refusalOf>[0]) => {
    const refusal = refusalOf(access, caller);
    if (refusal) throw refusal;
    return caller;
  };
  return graphql({ schema, source, contextValue: { authentication: { refuseBrowser: () => undefined, authorize } } });
}

test('S1: an operation for services is marked with the permission that it needs', () => {
  expect(Object.fromEntries(accessOf(schema))).toEqual({
    users: { people: false, services: 'users:read', portal: null },
    policies: { people: false, services: 'any', portal: null },
  });
});

test.each([
  ['users', person, undefined],
  ['users', service('users:act'), 'users:read'],
  ['policies', person, undefined],
] as const)(
  'S1: %s is FORBIDDEN to another caller, with the permission that a service lacks',
  async (operation, caller, requiredPermission) => {
    const { errors = [] } = await ask(`{ ${operation} }`, caller);
    const [error] = errors;
    const details = requiredPermission === undefined ? {} : { requiredPermission };
    expect(error?.originalError).toMatchObject({ code: 'FORBIDDEN', details });
  },
);

test.each([
  ['users', service('users:read')],
  ['policies', service()],
] as const)('S1: %s is open to a service that has the permission, also if it acts for no user', async (operation, caller) => {
  expect(await ask(`{ ${operation} }`, caller)).toMatchObject({ data: { [operation]: operation } });
});
