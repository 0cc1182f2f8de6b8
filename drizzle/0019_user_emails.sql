-- Ways from what exists once in the whole installation to its user, in tables of their own: those of users can be distributed
-- by the user from now on. Sign-ins and refreshes go on meanwhile; whatever writes these tables waits until all is filled.
LOCK TABLE "users", "upstream_identities", "foreign_sessions" IN SHARE ROW EXCLUSIVE MODE;
--> statement-breakpoint
CREATE TABLE "user_emails" (
	"email" text NOT NULL,
	"user_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_lookups" (
	"hash" "bytea" NOT NULL,
	"kind" text NOT NULL,
	"user_id" uuid NOT NULL,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
INSERT INTO "user_emails" ("email", "user_id") SELECT "email", "id" FROM "users";
--> statement-breakpoint
-- The separator stands in no issuer, which is a URL.
INSERT INTO "user_lookups" ("hash", "kind", "user_id")
SELECT sha256(convert_to("issuer" || E'\n' || "subject", 'UTF8')), 'identity', "user_id" FROM "upstream_identities";
--> statement-breakpoint
INSERT INTO "user_lookups" ("hash", "kind", "user_id", "expires_at")
SELECT "token_hash", 'foreign_session', "user_id", "expires_at" FROM "foreign_sessions";
--> statement-breakpoint
-- Now and not before: an index is built faster than it is filled row by row.
ALTER TABLE "user_emails" ADD PRIMARY KEY ("email");
--> statement-breakpoint
ALTER TABLE "user_lookups" ADD CONSTRAINT "user_lookups_hash_kind_pk" PRIMARY KEY ("hash", "kind");
--> statement-breakpoint
CREATE INDEX "user_lookups_user_id" ON "user_lookups" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "user_lookups_expires_at" ON "user_lookups" USING btree ("expires_at") WHERE expires_at is not null;
--> statement-breakpoint
-- Instances of the release before, during an upgrade, and whoever changes users by hand do not know these tables: on one
-- PostgreSQL server, triggers write what their statements leave out. The service's own statements need none, and a sharded
-- database has none (src/database/distribution.ts).
CREATE FUNCTION users_address() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO public.user_emails (email, user_id) VALUES (NEW.email, NEW.id) ON CONFLICT (email) DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM public.user_emails WHERE email = NEW.email AND user_id = NEW.id) THEN
      RAISE EXCEPTION 'The address belongs to another user.' USING ERRCODE = 'unique_violation';
    END IF;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM public.user_emails WHERE email = OLD.email AND user_id = OLD.id;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "users_address_given" AFTER INSERT OR DELETE ON "users" FOR EACH ROW EXECUTE FUNCTION users_address();
--> statement-breakpoint
CREATE TRIGGER "users_address_changed" AFTER UPDATE ON "users" FOR EACH ROW
  WHEN (OLD.email <> NEW.email) EXECUTE FUNCTION users_address();
--> statement-breakpoint
CREATE FUNCTION upstream_identities_looked_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  row record := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  key bytea := sha256(convert_to(row.issuer || E'\n' || row.subject, 'UTF8'));
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM public.user_lookups WHERE hash = key AND kind = 'identity' AND user_id = OLD.user_id;
    RETURN NULL;
  END IF;
  INSERT INTO public.user_lookups (hash, kind, user_id) VALUES (key, 'identity', NEW.user_id)
    ON CONFLICT (hash, kind) DO NOTHING;
  IF NOT FOUND AND NOT EXISTS
     (SELECT FROM public.user_lookups WHERE hash = key AND kind = 'identity' AND user_id = NEW.user_id) THEN
    RAISE EXCEPTION 'The identity belongs to another user.' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "upstream_identities_looked_up" AFTER INSERT OR DELETE ON "upstream_identities"
  FOR EACH ROW EXECUTE FUNCTION upstream_identities_looked_up();
--> statement-breakpoint
CREATE FUNCTION foreign_sessions_looked_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM public.user_lookups
     WHERE hash = OLD.token_hash AND kind = 'foreign_session' AND user_id = OLD.user_id;
    RETURN NULL;
  END IF;
  INSERT INTO public.user_lookups (hash, kind, user_id, expires_at)
  VALUES (NEW.token_hash, 'foreign_session', NEW.user_id, NEW.expires_at)
    ON CONFLICT (hash, kind) DO NOTHING;
  IF NOT FOUND AND NOT EXISTS
     (SELECT FROM public.user_lookups WHERE hash = NEW.token_hash AND kind = 'foreign_session'
                                        AND user_id = NEW.user_id) THEN
    RAISE EXCEPTION 'The session belongs to another user.' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "foreign_sessions_looked_up" AFTER INSERT OR DELETE ON "foreign_sessions"
  FOR EACH ROW EXECUTE FUNCTION foreign_sessions_looked_up();
--> statement-breakpoint
-- Last: it locks whoever reads users, too, until the migration is committed. A request lives for ten minutes, and one of a
-- user who is gone links nothing.
ALTER TABLE "upstream_requests" DROP CONSTRAINT "upstream_requests_user_id_users_id_fk";
