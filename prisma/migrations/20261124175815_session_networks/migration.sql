-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "refreshed_network" TEXT;

-- The cost of passwords at bcrypt: the highest one is looked up when a process compares its first password. By hand, because
-- Prisma has no indexes on expressions.
CREATE INDEX "users_password_cost_idx" ON "users" (substring("password_hash", 5, 2));
