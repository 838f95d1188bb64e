let isReported = false;

/**
 * Reports to the developer's console that the server does not accept this page. The browser hides why a request failed, but a
 * request without CORS succeeds if the server can be reached.
 */
export async function reportRejectedOrigin(endpoint: string, message: string): Promise<void> {
  const url = new URL(endpoint, location.href);
  if (isReported || url.origin === location.origin) return;
  try {
    await fetch(new URL('/healthz', url), { mode: 'no-cors', credentials: 'omit', cache: 'no-store' });
  } catch {
    return;
  }
  if (isReported) return;
  isReported = true;
  console.error(`keyward-keys: ${message}`);
}
