CREATE TABLE "alert_deliveries" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	CONSTRAINT "alert_deliveries_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD COLUMN "reuse_observed_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "alert_deliveries_next_attempt_at" ON "alert_deliveries" USING btree ("next_attempt_at");