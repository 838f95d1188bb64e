-- Not an expansion: replicas of 0.1.0 read issuer and subject, and have to be stopped before (named in CHANGELOG.md).

-- An external id identifies one user. Subjects were unique within an issuer only.
DO $$
DECLARE
  clashes INTEGER;
BEGIN
  SELECT count(*) INTO clashes FROM (SELECT FROM "users" WHERE "subject" IS NOT NULL GROUP BY "subject" HAVING count(*) > 1) AS shared;
  IF clashes > 0 THEN
    RAISE EXCEPTION '% subjects belong to users of more than one issuer (%), but an external id identifies one user. Change users.subject or delete users so that each subject is unique, then start again',
      clashes, (SELECT string_agg(DISTINCT "issuer", ', ') FROM "users");
  END IF;
END;
$$;

-- DropIndex
DROP INDEX "users_email_key";

-- DropIndex
DROP INDEX "users_issuer_subject_key";

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "external_id" TEXT,
ADD COLUMN     "self_registered" BOOLEAN NOT NULL DEFAULT true,
ALTER COLUMN "email" DROP NOT NULL;

-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "rotated_from_id" UUID;

UPDATE "api_keys" AS successor SET "rotated_from_id" = old."id" FROM "api_keys" AS old WHERE old."replaced_by_id" = successor."id";

-- CreateTable
CREATE TABLE "settings" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "settings_pkey" PRIMARY KEY ("name")
);

-- What the external ids are: those of the one issuer; of the product where there was none. More than one issuer, joined by
-- spaces, equals no AUTH_ISSUER, so that a start asks the operator whether they mean the same people.
INSERT INTO "settings" ("name", "value")
SELECT 'external_id_issuer', coalesce(string_agg(DISTINCT "issuer", ' '), 'product') FROM "users" WHERE "issuer" IS NOT NULL;

UPDATE "users" SET "external_id" = "subject", "email" = CASE WHEN "email" LIKE '%@external.invalid' THEN NULL ELSE "email" END
WHERE "issuer" IS NOT NULL;

-- Accounts that the operator or an import created have no password yet, or an event that says so.
UPDATE "users" SET "self_registered" = false
WHERE "issuer" IS NULL AND ("password_hash" IS NULL OR EXISTS (
  SELECT FROM "audit_events" AS e
  WHERE e."user_id" = "users"."id" AND e."action" = 'USER_SIGNED_UP' AND e."details" ->> 'actor' = 'operator'
));

-- AlterTable
ALTER TABLE "users" DROP COLUMN "issuer",
DROP COLUMN "subject";

-- CreateIndex
CREATE UNIQUE INDEX "users_external_id_key" ON "users"("external_id");

-- CreateIndex
CREATE INDEX "users_external_email_idx" ON "users"("email") WHERE (external_id IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email") WHERE (external_id IS NULL);

-- DropIndex
DROP INDEX "api_keys_replaced_by_id_key";

-- CreateIndex
CREATE INDEX "api_keys_replaced_by_id_idx" ON "api_keys"("replaced_by_id");

-- Every user can be found by something. Prisma's schema knows no check constraint.
ALTER TABLE "users" ADD CONSTRAINT "users_identified" CHECK ("email" IS NOT NULL OR "external_id" IS NOT NULL);
