/**
 * Limits of the server that are not settings. docs/limits.md lists each of them, and a test compares the two.
 */

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** How often passwords can be guessed, addresses tested and sessions opened. See OWASP ASVS 5.0 6.3.1 and NIST SP 800-63B-4 §3.2.2. */
export const SIGN_IN_LIMITS = {
  /** Failed sign-ins to one account from one network (an IPv4 address or an IPv6 /64). */
  failuresPerAccountAndNetwork: { limit: 10, windowSeconds: 15 * MINUTE_SECONDS },
  /** Failed sign-ins from one network, over all accounts. */
  failuresPerNetwork: { limit: 100, windowSeconds: 15 * MINUTE_SECONDS },
  /** The same for an IPv6 /48: one customer of a provider holds 65,536 networks of /64. */
  failuresPerWideNetwork: { limit: 100, windowSeconds: 15 * MINUTE_SECONDS },
  /** Failed sign-ins to one account from all networks that are not known to it. */
  failuresPerAccount: { limit: 100, windowSeconds: HOUR_SECONDS },
  /** Successful sign-ins to one account: each writes a session and an audit event. */
  successesPerAccount: { limit: 300, windowSeconds: HOUR_SECONDS },
  /** SIGN_UPS_PER_HOUR counts in windows of this length. */
  signUpWindowSeconds: HOUR_SECONDS,
  /** Sign-ups of an IPv6 /48, as a multiple of SIGN_UPS_PER_HOUR. */
  signUpsWideNetworkFactor: 5,
  /** A network from which a session of the account was created or refreshed within this time is known to the account. */
  knownNetworkSeconds: 30 * DAY_SECONDS,
  /** Live sessions of one user: the oldest ends when another one is opened. */
  liveSessionsPerUser: 100,
  /** Ended sessions that are kept of one user. Known networks are found in them. */
  endedSessionsPerUser: 100,
  /** Counters kept in memory of each kind. A million different addresses must not take more memory than that. */
  countersMax: 50_000,
} as const;

/**
 * The queue of password hashes. A password costs about 0.2 s of a core at BCRYPT_COST=12, so a queue is needed, and its
 * turns are shared between networks: an IPv4 /24 or an IPv6 /48.
 */
export const PASSWORD_QUEUE_LIMITS = {
  /** Cores − 1, and at most this many: of libuv's 4 threads one hashes generated keys, another compares imported keys. */
  concurrencyMax: 2,
  /** Waiting in all. Beyond it, the newest of the network with the longest queue is rejected. */
  waitingMax: 128,
  /** Waiting of one network (/24, /48). */
  waitingPerNetworkMax: 8,
  /** A hash that waited this long is rejected: clients and gateways give up after 10 s. */
  waitingMsMax: 8_000,
  /** Of the turns, one in this many goes to unknown networks even if known ones wait. */
  unknownShare: 4,
  /** Requests of one IPv4 address or IPv6 /64 that wait to enter the queue, one after another. */
  requestsPerAddressMax: 100,
  /** The longest a request waits to enter the queue. */
  requestWaitingMsMax: 10_000,
} as const;

/** The queues of bcrypt for generated keys. A hash takes about 0.06 s at cost 10. */
export const KEY_QUEUE_LIMITS = {
  /** One thread for new keys and one for imported keys: neither ever waits for a password. */
  concurrency: 1,
  waitingMax: 256,
  waitingPerNetworkMax: 64,
  waitingMsMax: 8_000,
} as const;

/** The comparisons of imported keys that were not used yet. Turns are shared between networks (/24, /48) and keys. */
export const COMPARISON_QUEUE_LIMITS = {
  concurrency: 1,
  waitingMax: 256,
  /** Waiting for one key from one network, such as a backend that sends no address of its clients. */
  waitingPerNetworkMax: 8,
  /** With the queries before and after it, a verification ends within the 5 s that every request has. */
  waitingMsMax: 2_500,
  retryAfterSeconds: 1,
} as const;

/** The cache of verified keys, which is validated by one read of a batch. VERIFICATION_CACHE_KEYS sets its size. */
export const VERIFICATION_CACHE_LIMITS = {
  /** Verifications that wait for a read to be sent. Further ones are rejected. */
  waitingMax: 10_000,
  waitingMsMax: 4_000,
  /** Keys that one read looks up, apart from the changes. */
  rowsPerReadMax: 256,
  /** A read that finds more changes empties the cache. The trigger writes one more in a transaction. */
  changesPerReadMax: 1_000,
} as const;

/** How long the queues remember who used them. The network that used a queue least has the next turn. */
export const QUEUE_USE_LIMITS = {
  /** A use counts half after this time. */
  halfLifeMs: 60_000,
  keysMax: 10_000,
} as const;

/** Changes of one user, and comparisons of one imported key, which happen one after another. */
export const KEYED_QUEUE_LIMITS = {
  waitingMax: 1_000,
  waitingMsMax: 10_000,
} as const;

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
  /** Characters of one document that is kept. Reading and hashing a longer one costs as much as an attack. */
  rememberedDocumentCharacters: 10_000,
};

/**
 * The event loop's time for GraphQL documents that are not kept, by network: an IPv4 /24 or an IPv6 /48. A document that an
 * attacker makes as costly as the limits allow takes 1 to 2 ms, an ordinary one a fraction of it.
 */
export const NEW_DOCUMENT_LIMITS = {
  /** The share of the time that the new documents of one network may take. */
  shareOfTime: 0.2,
  /** The time that a network may take at once after it was idle. */
  burstMs: 100,
  /** A document that is rejected while others wait counts this many times its time: they may take a hundredth of the time. */
  rejectedFactor: 20,
  /** Documents, and their characters, that are held in memory while they wait. */
  waitingMax: 5_000,
  waitingCharactersMax: 16_000_000,
  waitingPerNetworkMax: 2_000,
  waitingCharactersPerNetworkMax: 2_000_000,
  waitingMsMax: 4_000,
  retryAfterSeconds: 1,
  /** Networks whose use is remembered. */
  networksMax: 10_000,
} as const;

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
