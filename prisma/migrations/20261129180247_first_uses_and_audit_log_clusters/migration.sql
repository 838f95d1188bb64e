-- CreateTable
CREATE TABLE "api_key_first_uses" (
    "key_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "api_key_first_uses_pkey" PRIMARY KEY ("key_id")
);

-- CreateTable
CREATE TABLE "audit_log_clusters" (
    "generation" INTEGER NOT NULL,
    "identity" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_log_clusters_pkey" PRIMARY KEY ("generation")
);
