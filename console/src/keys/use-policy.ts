import { useData } from '../api/use-data';
import { KeysDocument } from '../gql/graphql';
import { type KeyPolicy, policyOf } from './policy';

const NO_VARIABLES = {};

/** Returns what the keys of the user may be. The list of keys asks for the same, so it is usually in the cache. */
export const usePolicy = (): KeyPolicy => policyOf(useData(KeysDocument, NO_VARIABLES).data);
