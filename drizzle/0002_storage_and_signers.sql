-- Room on each page for the next version of a row, so that a rotation stays a HOT update.
ALTER TABLE "refresh_tokens" SET (fillfactor = 80);
--> statement-breakpoint
-- At most one key signs at any instant.
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_one_signer"
  EXCLUDE USING gist (tstzrange("activate_at", "retire_at") WITH &&)
  WHERE ("activate_at" IS NOT NULL AND "revoked_at" IS NULL);
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_role" CHECK ("role" IN ('user', 'admin'));
