-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "display_prefix" TEXT,
ADD COLUMN     "import_digest" BYTEA,
ADD COLUMN     "import_form_id" INTEGER;

-- CreateTable
CREATE TABLE "import_forms" (
    "id" SERIAL NOT NULL,
    "algorithm" TEXT NOT NULL,
    "part" TEXT NOT NULL,
    "sealed_secret" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "import_forms_pkey" PRIMARY KEY ("id")
);

-- A form affects every text that is presented as a key, so the change names nothing. Deferred, so that COMMIT takes the lock.
CREATE CONSTRAINT TRIGGER "import_forms_verification_insert" AFTER INSERT ON "import_forms" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_verification_change('import_form_id');
ALTER TABLE "import_forms" ENABLE ALWAYS TRIGGER "import_forms_verification_insert";
