CREATE TABLE "foreign_sessions" (
	"user_id" uuid NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"authenticated_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "foreign_sessions_user_id_token_hash_pk" PRIMARY KEY("user_id","token_hash"),
	CONSTRAINT "foreign_sessions_token_hash" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "import_refusals" (
	"sha256" "bytea" NOT NULL,
	"line" integer NOT NULL,
	"code" text NOT NULL,
	CONSTRAINT "import_refusals_sha256_line_pk" PRIMARY KEY("sha256","line")
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"sha256" "bytea" PRIMARY KEY NOT NULL,
	"line" integer DEFAULT 0 NOT NULL,
	"imported" integer DEFAULT 0 NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT protocol_now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "revision" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "foreign_sessions" ADD CONSTRAINT "foreign_sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_refusals" ADD CONSTRAINT "import_refusals_sha256_imports_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."imports"("sha256") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "foreign_sessions_expires_at" ON "foreign_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "audit_events_at" ON "audit_events" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "audit_events_type" ON "audit_events" USING btree ("type","at","id");--> statement-breakpoint
CREATE INDEX "audit_events_ip" ON "audit_events" USING btree ("ip","at","id");--> statement-breakpoint
CREATE INDEX "users_email_order" ON "users" USING btree (email collate "C");--> statement-breakpoint
CREATE INDEX "users_role_email" ON "users" USING btree ("role",email collate "C");--> statement-breakpoint
CREATE INDEX "users_disabled_email" ON "users" USING btree (email collate "C") WHERE disabled_at is not null;--> statement-breakpoint
-- Roles are configured (ROLES): the table only holds their form.
ALTER TABLE "users" DROP CONSTRAINT "users_role";--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_role" CHECK ("role" ~ '^[a-z][a-z0-9_-]{0,31}$');--> statement-breakpoint
-- Whoever changes what an administrator sees of a user moves the entity tag, whichever statement it is.
CREATE FUNCTION users_revise() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_revise BEFORE UPDATE ON "users" FOR EACH ROW
  WHEN ((OLD.email, OLD.role, OLD.email_verified_at, OLD.disabled_at, OLD.pending_until, OLD.factors_reset_at)
        IS DISTINCT FROM
        (NEW.email, NEW.role, NEW.email_verified_at, NEW.disabled_at, NEW.pending_until, NEW.factors_reset_at))
  EXECUTE FUNCTION users_revise();
