import type { KeyPolicyFieldsFragment } from '../gql/graphql';

/** What the keys of the user may be. */
export type KeyPolicy = KeyPolicyFieldsFragment;
