const LOCK = 'keyward-refresh';
const SENT_AT = 'keyward-refresh-sent';

/** After a page was left during its refresh, time in which the request arrives at the server, and its cookie at the browser. */
const UNDER_WAY_MS = 1_000;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Stores when the request was sent, for all tabs; null after its answer. The browser may forbid to store anything. */
function storeSentAt(sentAt: number | null): void {
  try {
    if (sentAt === null) localStorage.removeItem(SENT_AT);
    else localStorage.setItem(SENT_AT, String(sentAt));
  } catch {}
}

function readSentAt(): number {
  try {
    return Number(localStorage.getItem(SENT_AT));
  } catch {
    return 0;
  }
}

async function refreshAlone<Result>(refresh: () => Promise<Result>): Promise<Result> {
  // A page that was left before the answer leaves the time there.
  const leftMs = readSentAt() + UNDER_WAY_MS - Date.now();
  if (leftMs > 0) await pause(Math.min(leftMs, UNDER_WAY_MS));
  storeSentAt(Date.now());
  const result = await refresh();
  storeSentAt(null);
  return result;
}

/**
 * Refreshes the session while no other tab does, because a refresh token works once. The browser releases the lock of a page that is left,
 * although its request may still be under way. If that request arrived after two others, the server would take its token for a stolen one.
 */
export const refreshInTurn = <Result>(refresh: () => Promise<Result>): Promise<Result> =>
  navigator.locks ? navigator.locks.request(LOCK, () => refreshAlone(refresh)) : refreshAlone(refresh);
