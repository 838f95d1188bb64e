/** Limits of a GraphQL document. All are checked before anything is executed. */
export const GRAPHQL_LIMITS = {
  /** Lexical tokens. The parser stops there. */
  tokens: 1_000,
  /** Lines. An error's position costs one step for each line before it, and a comment costs no token. */
  lines: 2_000,
  /** Characters of one name. graphql-js compares an unknown name with every known one, character by character. */
  nameCharacters: 100,
  /** Operations and fragments. */
  definitions: 50,
  /** Levels of fields, introspection aside. */
  depth: 10,
  /** Levels of fields below `__schema` and `__type`: the standard introspection query has 15. */
  introspectionDepth: 15,
  /** Fields, those of a fragment counted as often as it is spread. graphql-js compares each with each other one. */
  fields: 300,
  /** Fields of the answer, those of a list counted as often as the list may have items. */
  cost: 12_000,
  /** Fields of the query itself, those of its fragments included. */
  rootFields: 10,
  /** Aliases, counted as often as their fragment is spread. */
  aliases: 10,
  /**
   * A second mutation that fails would discard the answer of the first (`null` reaches up to `data`), and with it a
   * plaintext that is shown once.
   */
  mutationRootFields: 1,
  /** Characters of the documents that passed and are kept: the next request with one of them is neither parsed nor validated. */
  rememberedCharacters: 100_000,
};

/** What one signed-in user may ask of the server. */
export const FAIR_USE_LIMITS = {
  /** The sum of the costs of a user's documents. Counted over all processes where Redis is configured. */
  cost: { limit: 100_000, windowSeconds: 60 },
  /** Requests of one user that are executed at once by one process. Further ones wait. */
  requestsAtOnce: 8,
  /** Requests of one user that may wait for the others. Further ones are rejected. */
  requestsWaiting: 500,
  /** How long a request may wait. */
  waitMs: 15_000,
  /** Events about one user who asks for one key or session of somebody else's. Repetitions are counted, not recorded. */
  refusals: { limit: 1, windowSeconds: 60 },
};

/** What a change costs beside the fields of its answer: a transaction under the user's lock, and an audit event. */
export const CHANGE_COST = 10;
