-- CreateTable
CREATE TABLE "audit_log_clusters" (
    "generation" INTEGER NOT NULL,
    "identity" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_log_clusters_pkey" PRIMARY KEY ("generation")
);
