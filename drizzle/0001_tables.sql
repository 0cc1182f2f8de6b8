CREATE TABLE "access_revocations" (
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"ref" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "access_revocations_user_id_kind_ref_pk" PRIMARY KEY("user_id","kind","ref")
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"user_id" uuid NOT NULL,
	"family" varchar(64) NOT NULL,
	"id" uuid NOT NULL,
	"token" varchar(64) NOT NULL,
	"previous_token" varchar(64),
	"ratchet_salt" "bytea",
	"generation" integer DEFAULT 0 NOT NULL,
	"session_epoch" integer NOT NULL,
	"rotated_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"replays" integer DEFAULT 0 NOT NULL,
	"rotated_by_ip" "inet",
	"rotated_user_agent" text,
	"persistent" boolean NOT NULL,
	"transport" text NOT NULL,
	"authenticated_at" timestamp with time zone NOT NULL,
	"methods" text[] NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"absolute_expires_at" timestamp with time zone NOT NULL,
	"revoked" boolean DEFAULT false NOT NULL,
	"revoked_at" timestamp with time zone,
	"revoked_by_ip" "inet",
	"revoked_reason" text,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"created_by_ip" "inet",
	"user_agent" text,
	CONSTRAINT "refresh_tokens_user_id_family_pk" PRIMARY KEY("user_id","family"),
	CONSTRAINT "refresh_tokens_user_id_id" UNIQUE("user_id","id")
);
--> statement-breakpoint
CREATE TABLE "server_secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"sealed" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"alg" text NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"private_sealed" "bytea",
	"published_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"activate_at" timestamp with time zone,
	"retire_at" timestamp with time zone,
	"remove_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"password_hash" text,
	"role" text DEFAULT 'user' NOT NULL,
	"email_verified_at" timestamp with time zone,
	"disabled_at" timestamp with time zone,
	"token_version" integer DEFAULT 1 NOT NULL,
	"session_epoch" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
ALTER TABLE "access_revocations" ADD CONSTRAINT "access_revocations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_revocations_expires_at" ON "access_revocations" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "refresh_tokens_absolute_expires_at" ON "refresh_tokens" USING btree ("absolute_expires_at");--> statement-breakpoint
CREATE INDEX "refresh_tokens_revoked_at" ON "refresh_tokens" USING btree ("revoked_at") WHERE revoked;