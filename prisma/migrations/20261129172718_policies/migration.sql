-- AlterTable
ALTER TABLE "users" ADD COLUMN     "policy_id" UUID,
ADD COLUMN     "policy_set_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "imported_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "policies" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "limits_scopes" BOOLEAN NOT NULL DEFAULT false,
    "scopes" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "keys_max" INTEGER,
    "owner_rate_limit" INTEGER,
    "owner_rate_limit_window_seconds" INTEGER,
    "key_lifetime_days_max" INTEGER,
    "expiry_required" BOOLEAN NOT NULL DEFAULT false,
    "allowed_cidrs" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policies_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "policies_name_key" ON "policies"("name");

-- CreateIndex
CREATE INDEX "users_policy_id_idx" ON "users"("policy_id", "created_at" DESC, "id" DESC) WHERE (policy_id IS NOT NULL);

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_policy_id_fkey" FOREIGN KEY ("policy_id") REFERENCES "policies"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The earlier of the expiry of a key and the end of the lifetime that a policy permits. STABLE, so that PostgreSQL can inline it: the sum of a
-- time and an interval is not immutable.
CREATE FUNCTION "effective_expiry"("expires_at" timestamptz, "lifetime_starts_at" timestamptz, "lifetime_days_max" integer)
  RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT least(expires_at, lifetime_starts_at + lifetime_days_max * interval '24 hours')
$$;

-- A policy is part of what verification reads.
CREATE CONSTRAINT TRIGGER "policies_verification_update" AFTER UPDATE ON "policies" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION record_verification_change('policy_id');
CREATE CONSTRAINT TRIGGER "policies_verification_delete" AFTER DELETE ON "policies" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_verification_change('policy_id');
CREATE TRIGGER "policies_verification_truncate" AFTER TRUNCATE ON "policies"
  FOR EACH STATEMENT EXECUTE FUNCTION record_verification_change('policy_id');
-- The policy named "default" applies to users without a policy of their own, so its appearance changes keys that no process relates to it.
-- Without an argument, the function writes a row that stands for a change of everything.
CREATE CONSTRAINT TRIGGER "policies_verification_default_insert" AFTER INSERT ON "policies" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.name = 'default') EXECUTE FUNCTION record_verification_change();
CREATE CONSTRAINT TRIGGER "policies_verification_default_rename" AFTER UPDATE ON "policies" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.name <> NEW.name AND (OLD.name = 'default' OR NEW.name = 'default')) EXECUTE FUNCTION record_verification_change();
ALTER TABLE "policies" ENABLE ALWAYS TRIGGER "policies_verification_update";
ALTER TABLE "policies" ENABLE ALWAYS TRIGGER "policies_verification_delete";
ALTER TABLE "policies" ENABLE ALWAYS TRIGGER "policies_verification_truncate";
ALTER TABLE "policies" ENABLE ALWAYS TRIGGER "policies_verification_default_insert";
ALTER TABLE "policies" ENABLE ALWAYS TRIGGER "policies_verification_default_rename";
