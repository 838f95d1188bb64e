// Limits of the server that are not settings. docs/limits.md lists each of them, and a test compares the two.

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** Limits for guessing passwords, testing addresses and opening sessions (OWASP ASVS 5.0 6.3.1, NIST SP 800-63B-4 §3.2.2). */
export const SIGN_IN_LIMITS = {
  /** Failed sign-ins to one account from one network (an IPv4 address or an IPv6 /64). */
  failuresPerAccountAndNetwork: { limit: 10, windowSeconds: 15 * MINUTE_SECONDS },
  /** Failed sign-ins from one network, over all accounts. */
  failuresPerNetwork: { limit: 100, windowSeconds: 15 * MINUTE_SECONDS },
  /** Failed sign-ins from one IPv6 /48: one customer of a provider may have 65,536 networks of /64. */
  failuresPerWideNetwork: { limit: 100, windowSeconds: 15 * MINUTE_SECONDS },
  /** Failed sign-ins to one account from all networks that are not known to it. */
  failuresPerAccount: { limit: 100, windowSeconds: HOUR_SECONDS },
  /** Successful sign-ins to one account: each writes a session and an audit event. */
  successesPerAccount: { limit: 300, windowSeconds: HOUR_SECONDS },
  /** Window of SIGN_UPS_PER_HOUR. */
  signUpWindowSeconds: HOUR_SECONDS,
  /** Sign-ups from an IPv6 /48, as a multiple of SIGN_UPS_PER_HOUR. */
  signUpsWideNetworkFactor: 5,
  /** A network is known to an account for this time after it created or refreshed a session of the account. */
  knownNetworkSeconds: 30 * DAY_SECONDS,
  /** Active sessions of one user. A further one revokes the oldest. */
  liveSessionsPerUser: 100,
  /** Revoked or expired sessions that are stored for one user. Known networks are read from them. */
  endedSessionsPerUser: 100,
  /** Counters of each kind in memory: a bound for an attack from a million addresses. */
  countersMax: 50_000,
} as const;

/**
 * The queue of password hashes. A password costs about 0.2 s of a core at BCRYPT_COST=12, so a queue is needed, and its
 * turns are shared between networks: an IPv4 /24 or an IPv6 /48.
 */
export const PASSWORD_QUEUE_LIMITS = {
  /** Concurrent hashes: one less than cores, at most 2. Of libuv's 4 threads, one hashes new keys and one compares imported keys. */
  concurrencyMax: 2,
  /** Waiting hashes. If one more arrives, the newest hash of the network with the longest queue is rejected. */
  waitingMax: 128,
  /** Waiting hashes of one network (/24, /48). */
  waitingPerNetworkMax: 8,
  /** A hash that waited this long is rejected: clients and gateways have timeouts of about 10 s. */
  waitingMsMax: 8_000,
  /** One turn in this many goes to unknown networks, even if known ones wait. */
  unknownShare: 4,
  /** Requests of one IPv4 address or IPv6 /64 that wait to enter the queue, one after another. */
  requestsPerAddressMax: 100,
  /** Longest wait of a request to enter the queue. */
  requestWaitingMsMax: 10_000,
} as const;

/** The queue of hashes of generated keys. A hash takes about 0.06 s at cost 10. */
export const KEY_QUEUE_LIMITS = {
  /** One thread of libuv for new keys and one for imported keys, so that neither waits for passwords. */
  concurrency: 1,
  waitingMax: 256,
  waitingPerNetworkMax: 64,
  waitingMsMax: 8_000,
} as const;

/** The queue of bcrypt comparisons of imported keys before their first use. Networks (/24, /48) and keys share its turns. */
export const COMPARISON_QUEUE_LIMITS = {
  concurrency: 1,
  waitingMax: 256,
  /** Waiting for one key from one network, such as a backend that sends no address of its clients. */
  waitingPerNetworkMax: 8,
  /** A verification, with the queries before and after the comparison, must finish within 5 s. */
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

/** The recent use of a queue by each network. The network with the lowest use has the next turn. */
export const QUEUE_USE_LIMITS = {
  /** The count of uses halves in this time. */
  halfLifeMs: 60_000,
  keysMax: 10_000,
} as const;

/** The queue of changes of one user, which run one after another. */
export const KEYED_QUEUE_LIMITS = { waitingMax: 1_000, waitingMsMax: 10_000 } as const;

/** Limits of a GraphQL document. All are checked before execution. */
export const GRAPHQL_LIMITS = {
  /** Lexical tokens. The parser stops at this number. */
  tokens: 1_000,
  /** Lines. An error's position costs one step for each line before it, and a comment costs no token. */
  lines: 2_000,
  /** Characters of one name. graphql-js compares an unknown name with every known one, character by character. */
  nameCharacters: 100,
  /** Operations and fragments. */
  definitions: 50,
  /** Levels of fields, without introspection. */
  depth: 10,
  /** Levels of fields below `__schema` and `__type`: the standard introspection query has 15. */
  introspectionDepth: 15,
  /** Levels of fields, inline fragments and spread fragments together, because graphql-js visits each of them. */
  nesting: 30,
  /** Fields. Those of a fragment count for each spread. graphql-js compares each field with each other field. */
  fields: 300,
  /** Fields with arguments. graphql-js compares the arguments of each pair of fields with one name. */
  fieldsWithArguments: 40,
  /** Fields of the response. Those of a list count for each item that the list may have. */
  cost: 12_000,
  /** Root fields of a query, including those in fragments. */
  rootFields: 10,
  /** Aliases. Those of a fragment count for each spread. */
  aliases: 10,
  /**
   * If a second mutation failed, `data` would be null (null propagation), and the result of the first mutation would be lost,
   * such as a plaintext key that is returned only once.
   */
  mutationRootFields: 1,
  /** Characters of all cached documents. A request with a cached document is neither parsed nor validated. */
  rememberedCharacters: 100_000,
  /** Characters of one cached document. Reading and hashing a longer one would take as long as parsing a hostile document. */
  rememberedDocumentCharacters: 10_000,
};

/**
 * The event loop's time for GraphQL documents that are not cached, by network: an IPv4 /24 or an IPv6 /48. The most costly
 * document within the limits takes 1 to 2 ms; most documents take a fraction of it.
 */
export const NEW_DOCUMENT_LIMITS = {
  /** Share of the time that the new documents of one network may take. */
  shareOfTime: 0.2,
  /** Time that a network may take at once after it was idle. */
  burstMs: 100,
  /** A document that is rejected while others wait counts this many times its time, so such documents get 1 % of the time. */
  rejectedFactor: 20,
  /** Waiting documents and their characters, which stay in memory. */
  waitingMax: 5_000,
  waitingCharactersMax: 16_000_000,
  waitingPerNetworkMax: 2_000,
  waitingCharactersPerNetworkMax: 2_000_000,
  waitingMsMax: 4_000,
  retryAfterSeconds: 1,
  /** Number of networks with a stored use. */
  networksMax: 10_000,
} as const;

/** Lists that are returned in pages. */
export const LIST_LIMITS = {
  /** Rows that one page examines. If a filter matches few of them, the page is short, and the next page continues after them. */
  examinedRowsMax: 20_000,
  /** Items of a list in a filter. */
  filterItemsMax: 100,
  /** Users of a policy up to which the keys are found by their owners. Each has the same share of the examined rows. */
  policyOwnersMax: 500,
} as const;

/** Revoking many keys by one request. */
export const BULK_REVOCATION_LIMITS = {
  /** A request stops after this time, so that it is answered within 5 s. A repetition continues. */
  msMax: 4_000,
  /** The part of this time in which the keys are counted. */
  countingMsMax: 1_000,
  /** Keys that are read together. Those of one user are revoked in one transaction. */
  keysAtOnce: 200,
  /** Users for which keys are revoked at the same time, each on a connection to the database. */
  ownersAtOnce: 4,
  /** Wait for the row of a user. With the default of 2 s, the answer would be late if a row is locked shortly before `msMax`. */
  lockWaitMsMax: 500,
  sampleMax: 20,
} as const;

/** Policies, and the keys that a change of a policy affects. */
export const POLICY_LIMITS = {
  /** Policies in the database: they are returned in one list. */
  policiesMax: 500,
  /** The affected keys are counted for this time, so that a request is answered within 5 s. */
  countingMsMax: 3_500,
  /** Time that one query for a part of the keys should take. The number of users of the next part is adapted to it. */
  partMs: 250,
  /** Users of the first part and of the largest one. */
  usersAtOnceMin: 500,
  usersAtOnceMax: 100_000,
  sampleMax: 20,
} as const;

/** Names of policies in tokens that no policy has. A name is looked up again after `unknownSeconds`. */
export const CLAIMED_POLICY_LIMITS = { unknownSeconds: 5, unknownMax: 1_000 } as const;

/** Idempotency keys of requests that create API keys. A repetition within `keptSeconds` creates no second API key. */
export const IDEMPOTENCY_LIMITS = { keyCharacters: 255, keptSeconds: DAY_SECONDS, prunedAtOnce: 100 } as const;

/** Imports of keys of other systems. A presented text that is no key of Keyward costs two digests for each form. */
export const IMPORT_LIMITS = { formsMax: 32, keysPerRequestMax: 100, displayPrefixCharacters: 40, secretBytesMax: 1_024 } as const;

/** Limits of one user, signed in or represented by a service, and of one service. */
export const FAIR_USE_LIMITS = {
  /** Sum of the costs of a user's documents. All processes share it if Redis is configured. */
  cost: { limit: 100_000, windowSeconds: 60 },
  /** Requests of one user that one process executes at the same time. Further ones wait. */
  requestsAtOnce: 8,
  /** Requests of one service that act for no user and that one process executes at the same time. Further ones wait. */
  serviceRequestsAtOnce: 64,
  /** Waiting requests of one user or service. Further ones are rejected. */
  requestsWaiting: 500,
  /** Longest wait of a request. */
  waitMs: 15_000,
  /** Audit events about the access of one user to one object of another user. Repetitions are only counted. */
  refusals: { limit: 1, windowSeconds: 60 },
};

/** Limits of service tokens. */
export const SERVICE_TOKEN_LIMITS = {
  cidrsMax: 50,
  /** Longest time for which the secret before a rotation stays valid. */
  overlapSecondsMax: 30 * DAY_SECONDS,
  /** The last use of a token is stored at most this often. */
  useIntervalSeconds: MINUTE_SECONDS,
} as const;

/** Limits of portal sessions. */
export const PORTAL_SESSION_LIMITS = {
  expiresInSecondsMin: MINUTE_SECONDS,
  expiresInSecondsMax: HOUR_SECONDS,
  /** Live portal sessions of one user. A further one ends the oldest. */
  livePerUser: 20,
  /** An ended or expired portal session is stored for this time, so that its page can still read why its requests are rejected. */
  keptSeconds: DAY_SECONDS,
  prunedAtOnceMax: 1_000,
  /** Origins that one query looks up. An origin that arrives while more are waiting is not allowed to call the API. */
  originsWaitingMax: 256,
  /** Time for which a process remembers that an origin is allowed. */
  originMemorySeconds: MINUTE_SECONDS,
} as const;

export { NOTICE_LIMITS, WEBHOOK_LIMITS } from './webhook-limits.js';

/** Cost of a change, in addition to the fields of its response: a transaction under the user's lock, and an audit event. */
export const CHANGE_COST = 10;
