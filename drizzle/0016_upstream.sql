CREATE TABLE "upstream_codes" (
	"user_id" uuid NOT NULL,
	"hash" "bytea" NOT NULL,
	"sign_in_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"persistent" boolean NOT NULL,
	"app_challenge" text NOT NULL,
	"session_id" uuid,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "upstream_codes_user_id_hash_pk" PRIMARY KEY("user_id","hash")
);
--> statement-breakpoint
CREATE TABLE "upstream_identities" (
	"user_id" uuid NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"id" uuid NOT NULL,
	"email_seen" text,
	"linked_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "upstream_identities_user_id_issuer_subject_pk" PRIMARY KEY("user_id","issuer","subject"),
	CONSTRAINT "upstream_identities_issuer_subject" UNIQUE("issuer","subject"),
	CONSTRAINT "upstream_identities_user_id_id" UNIQUE("user_id","id")
);
--> statement-breakpoint
CREATE TABLE "upstream_logouts" (
	"issuer" text NOT NULL,
	"jti" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "upstream_logouts_issuer_jti_pk" PRIMARY KEY("issuer","jti")
);
--> statement-breakpoint
CREATE TABLE "upstream_requests" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"purpose" text NOT NULL,
	"transport" text NOT NULL,
	"persistent" boolean NOT NULL,
	"return_to" text,
	"app_challenge" text,
	"app_state" text,
	"user_id" uuid,
	"session_id" uuid,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "upstream_sign_ins" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"session_id" uuid,
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"email_seen" text,
	"methods" text[] NOT NULL,
	"sid" text,
	"id_token_sealed" "bytea",
	"max_session_hours" integer,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	CONSTRAINT "upstream_sign_ins_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
ALTER TABLE "factor_tickets" ADD COLUMN "upstream_sign_in_id" uuid;--> statement-breakpoint
ALTER TABLE "upstream_codes" ADD CONSTRAINT "upstream_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upstream_identities" ADD CONSTRAINT "upstream_identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upstream_requests" ADD CONSTRAINT "upstream_requests_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upstream_sign_ins" ADD CONSTRAINT "upstream_sign_ins_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "upstream_sign_ins" ADD CONSTRAINT "upstream_sign_ins_session" FOREIGN KEY ("user_id","session_id") REFERENCES "public"."refresh_tokens"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "upstream_codes_expires_at" ON "upstream_codes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "upstream_logouts_expires_at" ON "upstream_logouts" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "upstream_requests_expires_at" ON "upstream_requests" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "upstream_sign_ins_of_session" ON "upstream_sign_ins" USING btree ("user_id","session_id");--> statement-breakpoint
CREATE INDEX "upstream_sign_ins_issuer_subject" ON "upstream_sign_ins" USING btree ("issuer","subject");--> statement-breakpoint
CREATE INDEX "upstream_sign_ins_issuer_sid" ON "upstream_sign_ins" USING btree ("issuer","sid");--> statement-breakpoint
CREATE INDEX "upstream_sign_ins_created_at" ON "upstream_sign_ins" USING btree ("created_at");