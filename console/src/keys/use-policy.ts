import { useData } from '../api/use-data';
import { PolicyDocument } from '../gql/graphql';
import type { KeyPolicy } from './policy';

const NO_VARIABLES = {};

/** Returns what the keys of the user may be; undefined until it is known. */
export const usePolicy = (): KeyPolicy | undefined => useData(PolicyDocument, NO_VARIABLES).data?.myKeyPolicy;
