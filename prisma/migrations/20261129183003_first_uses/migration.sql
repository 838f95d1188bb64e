-- CreateTable
CREATE TABLE "api_key_first_uses" (
    "key_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "api_key_first_uses_pkey" PRIMARY KEY ("key_id")
);
