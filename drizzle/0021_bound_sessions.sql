ALTER TABLE "refresh_tokens" ADD COLUMN "proof_iat" bigint;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD COLUMN "proof_jti" "bytea";--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD COLUMN "jkt" text;