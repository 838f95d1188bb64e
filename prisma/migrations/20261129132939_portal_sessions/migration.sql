-- CreateTable
CREATE TABLE "portal_sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "service_token_id" UUID NOT NULL,
    "permissions" TEXT[],
    "origin" TEXT,
    "actor" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "portal_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "portal_sessions_user_id_created_at_id_idx" ON "portal_sessions"("user_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "portal_sessions_service_token_id_idx" ON "portal_sessions"("service_token_id");

-- CreateIndex
CREATE INDEX "portal_sessions_origin_idx" ON "portal_sessions"("origin") WHERE (origin IS NOT NULL);

-- CreateIndex
CREATE INDEX "portal_sessions_expires_at_idx" ON "portal_sessions"("expires_at");

-- CreateIndex
CREATE INDEX "portal_sessions_ended_at_idx" ON "portal_sessions"("ended_at") WHERE (ended_at IS NOT NULL);

-- AddForeignKey
ALTER TABLE "portal_sessions" ADD CONSTRAINT "portal_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "portal_sessions" ADD CONSTRAINT "portal_sessions_service_token_id_fkey" FOREIGN KEY ("service_token_id") REFERENCES "service_tokens"("id") ON DELETE CASCADE ON UPDATE CASCADE;
