DROP INDEX "upstream_sign_ins_created_at";--> statement-breakpoint
ALTER TABLE "upstream_sign_ins" ADD COLUMN "authenticated_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "upstream_sign_ins_waiting" ON "upstream_sign_ins" USING btree ("created_at") WHERE session_id is null;