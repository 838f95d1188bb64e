-- keyward: concurrently
-- An interrupted build leaves an invalid index, so each index is removed first.
DROP INDEX CONCURRENTLY IF EXISTS "users_created_at_id_idx";
CREATE INDEX CONCURRENTLY "users_created_at_id_idx" ON "users"("created_at" DESC, "id" DESC);
DROP INDEX CONCURRENTLY IF EXISTS "users_email_search_idx";
CREATE INDEX CONCURRENTLY "users_email_search_idx" ON "users"("email" text_pattern_ops);
DROP INDEX CONCURRENTLY IF EXISTS "users_external_id_search_idx";
CREATE INDEX CONCURRENTLY "users_external_id_search_idx" ON "users"("external_id" text_pattern_ops);
DROP INDEX CONCURRENTLY IF EXISTS "api_keys_created_at_id_idx";
CREATE INDEX CONCURRENTLY "api_keys_created_at_id_idx" ON "api_keys"("created_at" DESC, "id" DESC);
DROP INDEX CONCURRENTLY IF EXISTS "audit_events_at_id_idx";
CREATE INDEX CONCURRENTLY "audit_events_at_id_idx" ON "audit_events"("at" DESC, "id" DESC);
