-- AlterTable
ALTER TABLE "api_key_usage" ADD COLUMN     "refused_disabled" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "refused_expired" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "refused_insufficient_scope" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "refused_ip_not_allowed" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "refused_owner_disabled" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "refused_rate_limited" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "refused_revoked" INTEGER NOT NULL DEFAULT 0;
