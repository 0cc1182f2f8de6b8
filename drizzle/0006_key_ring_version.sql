-- Instances ask once a second whether this number has moved, and load the keys when it has.
CREATE TABLE "key_ring_version" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "key_ring_version" ADD CONSTRAINT "key_ring_version_one_row" CHECK ("id");
--> statement-breakpoint
-- A trigger and not the service's own statement: a change by hand is noticed, too, and none can forget it.
CREATE FUNCTION key_ring_moved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.key_ring_version AS ring (version) VALUES (1)
    ON CONFLICT (id) DO UPDATE SET version = ring.version + 1;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "signing_keys_moved" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "signing_keys"
  FOR EACH STATEMENT EXECUTE FUNCTION key_ring_moved();
--> statement-breakpoint
INSERT INTO "key_ring_version" ("version") VALUES (1);
