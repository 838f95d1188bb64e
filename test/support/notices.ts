import { randomUUID } from 'node:crypto';
import { runSql } from './database.js';
import type { TestApp } from './test-app.js';

/** An event about a key, as a test compares it. */
export interface SeenNotice {
  type: string;
  keyId: string;
  /** Days before the expiry. Null if the event has none. */
  days: number | null;
  expiry: string | null;
}

/** Inserts an endpoint that receives every type, as of a time. */
export async function insertEndpoint(app: Pick<TestApp, 'databaseUrl'>, createdAt: Date): Promise<string> {
  const id = randomUUID();
  await runSql(
    app.databaseUrl,
    `INSERT INTO webhook_endpoints (id, url, sealed_secret, created_at) VALUES ($1, 'https://hooks.example.com/', '\\x00', $2)`,
    [id, createdAt],
  );
  return id;
}

/** Returns the events because of time or use, in the order in which they were written. */
export async function noticesOf(app: Pick<TestApp, 'databaseUrl'>): Promise<SeenNotice[]> {
  return runSql<SeenNotice & Record<string, unknown>>(
    app.databaseUrl,
    `SELECT type, subject_id AS "keyId", (data->>'daysBefore')::int AS days, data->>'effectiveExpiresAt' AS expiry FROM webhook_events
     WHERE type IN ('api_key.expiring', 'api_key.expired', 'api_key.first_used') ORDER BY position`,
  );
}
