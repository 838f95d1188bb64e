-- CreateTable
CREATE TABLE "verification_changes" (
    "seq" BIGINT NOT NULL,
    "mark" UUID NOT NULL,
    "key_id" UUID,
    "owner_id" UUID,
    "policy_id" UUID,
    "service_token_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "verification_changes_pkey" PRIMARY KEY ("seq")
);

CREATE SEQUENCE "verification_changes_seq" OWNED BY "verification_changes"."seq";

-- A process starts at the newest row, so there is always one.
INSERT INTO "verification_changes" ("seq", "mark", "at") VALUES (nextval('verification_changes_seq'), gen_random_uuid(), clock_timestamp());

-- Writes the row of a change. The lock is taken before the number is drawn, and COMMIT releases it only after the transaction has
-- become visible, so that rows become visible in the order of their numbers. The argument of the trigger names the column that
-- identifies the changed row.
CREATE FUNCTION "record_verification_change"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  own_xid CONSTANT xid := pg_current_xact_id()::xid;
  subject text := CASE WHEN TG_OP <> 'TRUNCATE' THEN TG_ARGV[0] END;
  newest record;
  number bigint;
  id uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(72707370);
  SELECT c.seq, c.xmin AS xid, num_nonnulls(c.key_id, c.owner_id, c.policy_id, c.service_token_id) AS names
    INTO newest FROM verification_changes c ORDER BY c.seq DESC LIMIT 1;
  -- This transaction already wrote a row that stands for a change of everything.
  IF newest.xid = own_xid AND newest.names = 0 THEN
    RETURN NULL;
  END IF;
  number := nextval('verification_changes_seq');
  -- The sequence may have been restored to a lower number than the table.
  IF number <= newest.seq THEN
    number := setval('verification_changes_seq', newest.seq + 1);
  END IF;
  -- No other transaction draws numbers under the lock, so a row of this transaction 1,000 numbers before means 1,000 rows.
  IF subject IS NOT NULL AND NOT EXISTS (SELECT FROM verification_changes c WHERE c.seq = number - 1000 AND c.xmin = own_xid) THEN
    id := OLD.id;
  ELSE
    subject := NULL;
  END IF;
  INSERT INTO verification_changes (seq, mark, key_id, owner_id, policy_id, service_token_id, at)
  VALUES (number, gen_random_uuid(), CASE subject WHEN 'key_id' THEN id END, CASE subject WHEN 'owner_id' THEN id END,
    CASE subject WHEN 'policy_id' THEN id END, CASE subject WHEN 'service_token_id' THEN id END, clock_timestamp());
  RETURN NULL;
END;
$$;

-- The owner of the database runs the function for every role. Temporary tables, which a role may create, come last in its path.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION record_verification_change() SET search_path = pg_catalog, %I, pg_temp', current_schema());
END;
$$;
REVOKE ALL ON FUNCTION "record_verification_change"() FROM PUBLIC;

-- Deferred, so that COMMIT takes the lock and no client can hold it between two statements. The comparison of whole rows needs no list
-- of columns. Inserts have no trigger, because a process keeps no key that does not exist.
CREATE CONSTRAINT TRIGGER "api_keys_verification_update" AFTER UPDATE ON "api_keys" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION record_verification_change('key_id');
CREATE CONSTRAINT TRIGGER "api_keys_verification_delete" AFTER DELETE ON "api_keys" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_verification_change('key_id');
CREATE TRIGGER "api_keys_verification_truncate" AFTER TRUNCATE ON "api_keys"
  FOR EACH STATEMENT EXECUTE FUNCTION record_verification_change('key_id');
CREATE CONSTRAINT TRIGGER "users_verification_update" AFTER UPDATE ON "users" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION record_verification_change('owner_id');
CREATE CONSTRAINT TRIGGER "users_verification_delete" AFTER DELETE ON "users" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_verification_change('owner_id');
CREATE TRIGGER "users_verification_truncate" AFTER TRUNCATE ON "users"
  FOR EACH STATEMENT EXECUTE FUNCTION record_verification_change('owner_id');

-- ALWAYS includes sessions that apply a replicated change.
ALTER TABLE "api_keys" ENABLE ALWAYS TRIGGER "api_keys_verification_update";
ALTER TABLE "api_keys" ENABLE ALWAYS TRIGGER "api_keys_verification_delete";
ALTER TABLE "api_keys" ENABLE ALWAYS TRIGGER "api_keys_verification_truncate";
ALTER TABLE "users" ENABLE ALWAYS TRIGGER "users_verification_update";
ALTER TABLE "users" ENABLE ALWAYS TRIGGER "users_verification_delete";
ALTER TABLE "users" ENABLE ALWAYS TRIGGER "users_verification_truncate";
