CREATE TABLE "revoked_subjects" (
	"subject" text PRIMARY KEY NOT NULL,
	"good_from" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "revoked_subjects_expires_at" ON "revoked_subjects" USING btree ("expires_at");
--> statement-breakpoint
-- A trigger and not the service's own statements: every act is covered, an operator's by hand and, during an upgrade, those
-- of instances of the release before, which do not know the table. Whoever has no session has no token. 1,020 seconds: the
-- longest life of an access token, and two minutes for clocks that differ (revocation/denials.ts).
CREATE FUNCTION user_tokens_ended() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  good_from bigint := 2147483647; -- no version of a deleted user is good
BEGIN
  IF TG_OP = 'UPDATE' THEN
    good_from := NEW.token_version;
  END IF;
  INSERT INTO public.revoked_subjects AS known (subject, good_from, expires_at)
  SELECT OLD.id, good_from, public.protocol_now() + interval '1020 seconds'
   WHERE EXISTS (SELECT FROM public.refresh_tokens WHERE user_id = OLD.id)
      ON CONFLICT (subject) DO UPDATE
     SET good_from = greatest(known.good_from, excluded.good_from),
         expires_at = greatest(known.expires_at, excluded.expires_at);
  RETURN OLD; -- of no account after an update
END $$;
--> statement-breakpoint
-- The end of everybody's sessions has an entry of its own, and says so: else there would be one for every user.
CREATE TRIGGER "users_tokens_ended" AFTER UPDATE ON "users" FOR EACH ROW
  WHEN (OLD.token_version <> NEW.token_version AND current_setting('watchword.ends_everybody', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION user_tokens_ended();
--> statement-breakpoint
-- Before: afterwards the sessions would be gone, too.
CREATE TRIGGER "users_deleted" BEFORE DELETE ON "users" FOR EACH ROW EXECUTE FUNCTION user_tokens_ended();
