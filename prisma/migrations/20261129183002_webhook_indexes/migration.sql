-- keyward: concurrently
-- An interrupted build leaves an invalid index, so each is removed first.
DROP INDEX CONCURRENTLY IF EXISTS "api_keys_expires_at_id_idx";
CREATE INDEX CONCURRENTLY "api_keys_expires_at_id_idx" ON "api_keys"("expires_at", "id") WHERE (expires_at IS NOT NULL AND revoked_at IS NULL);
DROP INDEX CONCURRENTLY IF EXISTS "api_keys_imported_at_id_idx";
CREATE INDEX CONCURRENTLY "api_keys_imported_at_id_idx" ON "api_keys"("imported_at", "id") WHERE (imported_at IS NOT NULL);
DROP INDEX CONCURRENTLY IF EXISTS "audit_events_generation_transaction_id_id_idx";
CREATE INDEX CONCURRENTLY "audit_events_generation_transaction_id_id_idx" ON "audit_events"("generation", "transaction_id", "id");
