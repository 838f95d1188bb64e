import type { Transaction } from '../platform/database/client.js';

const CREATION_LOCK = 72_707_371;

/** Makes concurrent creations wait for each other, so that they cannot exceed the maximum together. */
export async function lockEndpoints(transaction: Transaction): Promise<void> {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${CREATION_LOCK}::bigint)`;
}

/** Locks the row of an endpoint until the end of the transaction, if it exists. */
export async function lockEndpoint(transaction: Transaction, id: string): Promise<void> {
  await transaction.$executeRaw`SELECT FROM webhook_endpoints WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
}
