CREATE TABLE "revocation_outbox" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	CONSTRAINT "revocation_outbox_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
CREATE INDEX "revocation_outbox_created_at" ON "revocation_outbox" USING btree ("created_at");