-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "created_by" TEXT;

-- AlterTable
ALTER TABLE "audit_events" ALTER COLUMN "user_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "service_tokens" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "permissions" TEXT[],
    "cidrs" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "fingerprint" BYTEA NOT NULL,
    "previous_fingerprint" BYTEA,
    "previous_expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "service_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "service_token_uses" (
    "service_token_id" UUID NOT NULL,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "service_token_uses_pkey" PRIMARY KEY ("service_token_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "service_tokens_fingerprint_key" ON "service_tokens"("fingerprint");

-- CreateIndex
CREATE UNIQUE INDEX "service_tokens_previous_fingerprint_key" ON "service_tokens"("previous_fingerprint");

-- CreateIndex
CREATE UNIQUE INDEX "service_tokens_name_key" ON "service_tokens"("name") WHERE (revoked_at IS NULL);

-- A service token that permits verification is kept in memory like a key, so its changes are recorded like those of keys.
CREATE CONSTRAINT TRIGGER "service_tokens_verification_update" AFTER UPDATE ON "service_tokens" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION record_verification_change('service_token_id');
CREATE CONSTRAINT TRIGGER "service_tokens_verification_delete" AFTER DELETE ON "service_tokens" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_verification_change('service_token_id');
CREATE TRIGGER "service_tokens_verification_truncate" AFTER TRUNCATE ON "service_tokens"
  FOR EACH STATEMENT EXECUTE FUNCTION record_verification_change('service_token_id');
ALTER TABLE "service_tokens" ENABLE ALWAYS TRIGGER "service_tokens_verification_update";
ALTER TABLE "service_tokens" ENABLE ALWAYS TRIGGER "service_tokens_verification_delete";
ALTER TABLE "service_tokens" ENABLE ALWAYS TRIGGER "service_tokens_verification_truncate";
