CREATE TABLE "turns" (
	"kind" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
INSERT INTO "turns" VALUES ('administrators'), ('imports');
--> statement-breakpoint
-- STABLE: within a statement it counts as one value, which an index is searched for, and which the entry node of a cluster
-- sets for all shards. PL/pgSQL: before PostgreSQL 18, a function in SQL that cannot be inlined is planned at every call.
CREATE OR REPLACE FUNCTION protocol_now() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN pg_catalog.clock_timestamp();
END $$;
--> statement-breakpoint
-- For each row: a trigger for each statement does not fire on a table that a cluster keeps on one node, and says nothing.
-- After a TRUNCATE by hand, instances load the keys when the next row is written.
DROP TRIGGER "signing_keys_moved" ON "signing_keys";
--> statement-breakpoint
CREATE TRIGGER "signing_keys_moved" AFTER INSERT OR UPDATE OR DELETE ON "signing_keys"
  FOR EACH ROW EXECUTE FUNCTION key_ring_moved();
