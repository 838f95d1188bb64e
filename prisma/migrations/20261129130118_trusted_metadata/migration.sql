-- AlterTable
ALTER TABLE "users" ADD COLUMN     "trusted_metadata" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "trusted_metadata" JSONB NOT NULL DEFAULT '{}';
