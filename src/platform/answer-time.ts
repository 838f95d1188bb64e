import type { RequestSource } from './actor.js';

/** Age of a request up to which it waits for the database: it ends within 5 s, in which its response must be sent too. */
const AGE_MS_MAX = 4_500;

/** Shortest wait of a request that waited long before. It is as long as the wait of every request for a connection. */
const WAIT_MS_MIN = 1_500;

const timedOut = () => Object.assign(new Error('The database did not answer in time.'), { code: 'ETIMEDOUT' });

/**
 * Bounds the wait of a request for the database. Each query has a timeout of its own, which is too long for a request that waited for a
 * hash, or for other requests of its user, before the network of the database became silent.
 *
 * @param request undefined for work that no request waits for, which is not bounded
 * @param run what the request waits for. A transaction calls the given function at its end, which throws if the request was
 *   answered, so that the transaction is rolled back
 * @throws an error that databaseFault knows as `unavailable`
 */
export async function inAnswerTime<T>(
  request: Pick<RequestSource, 'receivedAt'> | undefined,
  run: (checkTime: () => void) => Promise<T>,
): Promise<T> {
  if (!request) return run(() => undefined);
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    const waitMs = Math.max(WAIT_MS_MIN, AGE_MS_MAX - (performance.now() - request.receivedAt));
    timer = setTimeout(() => {
      isOver = true;
      reject(timedOut());
    }, waitMs);
  });
  const checkTime = () => {
    if (isOver) throw timedOut();
  };
  try {
    return await Promise.race([run(checkTime), end]);
  } finally {
    clearTimeout(timer);
  }
}
