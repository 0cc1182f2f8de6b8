CREATE TABLE "mail_outbox" (
	"recipient" "bytea" NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"address_sealed" "bytea",
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"dedupe" text,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"send_before" timestamp with time zone NOT NULL,
	"dead_at" timestamp with time zone,
	"reason" text,
	CONSTRAINT "mail_outbox_recipient_id_pk" PRIMARY KEY("recipient","id"),
	CONSTRAINT "mail_outbox_recipient_dedupe" UNIQUE("recipient","dedupe")
);
--> statement-breakpoint
CREATE TABLE "one_time_tokens" (
	"user_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"request" uuid NOT NULL,
	"hash" "bytea" NOT NULL,
	"address" text NOT NULL,
	"bound_email" text,
	"session_epoch" integer,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_by_ip" "inet",
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "one_time_tokens_user_id_purpose_pk" PRIMARY KEY("user_id","purpose")
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "pending_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mail_outbox_next_attempt_at" ON "mail_outbox" USING btree ("next_attempt_at") WHERE dead_at is null;--> statement-breakpoint
CREATE INDEX "mail_outbox_dead_at" ON "mail_outbox" USING btree ("dead_at") WHERE dead_at is not null;--> statement-breakpoint
CREATE INDEX "one_time_tokens_expires_at" ON "one_time_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "users_pending_until" ON "users" USING btree ("pending_until") WHERE pending_until is not null;