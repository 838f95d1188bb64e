-- keyward: concurrently
-- An interrupted build leaves an invalid index, so it is removed first.
DROP INDEX CONCURRENTLY IF EXISTS "api_keys_unused_import_form_idx";
CREATE INDEX CONCURRENTLY "api_keys_unused_import_form_idx" ON "api_keys"("import_form_id") WHERE (import_form_id IS NOT NULL AND fingerprint IS NULL);
DROP INDEX CONCURRENTLY IF EXISTS "api_keys_import_digest_key";
CREATE UNIQUE INDEX CONCURRENTLY "api_keys_import_digest_key" ON "api_keys"("import_digest") WHERE (import_digest IS NOT NULL);
