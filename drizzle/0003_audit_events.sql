CREATE TABLE "audit_events" (
	"user_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT protocol_now() NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"outcome" text NOT NULL,
	"session_id" uuid,
	"ip" "inet",
	"user_agent" text,
	"request_id" uuid,
	"details" jsonb NOT NULL,
	CONSTRAINT "audit_events_user_id_at_id_pk" PRIMARY KEY("user_id","at","id"),
	CONSTRAINT "audit_events_outcome" CHECK ("outcome" IN ('success', 'failure'))
) PARTITION BY RANGE ("at");
--> statement-breakpoint
-- Takes what no month takes, so that a late partition never costs an event, nor the act that it describes.
CREATE TABLE "audit_events_default" PARTITION OF "audit_events" DEFAULT;
--> statement-breakpoint
-- Makes this month's partition and the next three, and drops what is older than keep_months. It runs with its owner's rights,
-- because the service's role may not create or drop anything; the floor of 3 months holds whoever calls it.
CREATE FUNCTION audit_rotate(keep_months integer) RETURNS TABLE (created integer, dropped integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  this_month timestamp := date_trunc('month', public.protocol_now() AT TIME ZONE 'UTC');
  month timestamp;
  partition text;
BEGIN
  created := 0;
  dropped := 0;
  IF keep_months < 3 THEN
    RAISE EXCEPTION 'audit events are kept for at least 3 months, not %', keep_months;
  END IF;
  PERFORM pg_advisory_xact_lock(7737004);
  FOR ahead IN 0..3 LOOP
    month := this_month + make_interval(months => ahead);
    partition := 'audit_events_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.audit_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format(
      'WITH moved AS (DELETE FROM public.audit_events_default WHERE at >= %L AND at < %L RETURNING *)
       INSERT INTO public.%I SELECT * FROM moved',
      month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', partition);
    EXECUTE format('ALTER TABLE public.audit_events ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', partition,
      month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    created := created + 1;
  END LOOP;
  FOR partition IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'public.audit_events'::regclass AND c.relname ~ '^audit_events_\d{4}_\d{2}$'
       AND to_date(right(c.relname, 7), 'YYYY_MM') < this_month - make_interval(months => keep_months)
  LOOP
    EXECUTE format('DROP TABLE public.%I', partition);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM public.audit_events_default WHERE at < (this_month - make_interval(months => keep_months)) AT TIME ZONE 'UTC';
  RETURN NEXT;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION audit_rotate(integer) FROM PUBLIC;
--> statement-breakpoint
SELECT audit_rotate(120);
