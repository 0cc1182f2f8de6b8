CREATE TABLE "factor_tickets" (
	"user_id" uuid NOT NULL,
	"hash" "bytea" NOT NULL,
	"purpose" text NOT NULL,
	"session_epoch" integer NOT NULL,
	"token_version" integer NOT NULL,
	"credential_version" integer NOT NULL,
	"transport" text NOT NULL,
	"persistent" boolean NOT NULL,
	"methods" text[] NOT NULL,
	"replaces_user_id" uuid,
	"replaces_session_id" uuid,
	"session_id" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "factor_tickets_user_id_hash_pk" PRIMARY KEY("user_id","hash")
);
--> statement-breakpoint
CREATE TABLE "recovery_codes" (
	"user_id" uuid NOT NULL,
	"hash" "bytea" NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "recovery_codes_user_id_hash_pk" PRIMARY KEY("user_id","hash")
);
--> statement-breakpoint
CREATE TABLE "totp_authenticators" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"secret_sealed" "bytea" NOT NULL,
	"name" text,
	"last_step" bigint DEFAULT 0 NOT NULL,
	"confirmed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	CONSTRAINT "totp_authenticators_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "factors_reset_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "factor_tickets" ADD CONSTRAINT "factor_tickets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "totp_authenticators" ADD CONSTRAINT "totp_authenticators_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "factor_tickets_expires_at" ON "factor_tickets" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "totp_authenticators_unconfirmed" ON "totp_authenticators" USING btree ("created_at") WHERE confirmed_at is null;