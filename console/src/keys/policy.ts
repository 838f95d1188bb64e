import type { PolicyFieldsFragment } from '../gql/graphql';

/** What the keys of the user may be. */
export type KeyPolicy = PolicyFieldsFragment;
