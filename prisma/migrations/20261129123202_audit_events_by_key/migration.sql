-- keyward: concurrently
-- An interrupted build leaves an invalid index, so it is removed first.
DROP INDEX CONCURRENTLY IF EXISTS "audit_events_api_key_id_at_id_idx";
CREATE INDEX CONCURRENTLY "audit_events_api_key_id_at_id_idx" ON "audit_events"("api_key_id", "at" DESC, "id" DESC) WHERE (api_key_id IS NOT NULL);
