CREATE TABLE "service_token_revocations" (
	"service_id" uuid NOT NULL,
	"jti" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "service_token_revocations_service_id_jti_pk" PRIMARY KEY("service_id","jti")
);
--> statement-breakpoint
CREATE TABLE "services" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"scopes" text[] NOT NULL,
	"audiences" text[] NOT NULL,
	"resources" text[] NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"previous_secret_hash" "bytea",
	"secret_version" integer DEFAULT 1 NOT NULL,
	"tokens_ended_at" timestamp with time zone,
	"rotated_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"disabled_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "service_token_revocations" ADD CONSTRAINT "service_token_revocations_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "service_token_revocations_expires_at" ON "service_token_revocations" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "services_name" ON "services" USING btree ("name") WHERE disabled_at is null;