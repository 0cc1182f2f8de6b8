CREATE TABLE "guess_budgets" (
	"subject" "bytea" NOT NULL,
	"kind" text NOT NULL,
	"lane" "bytea" NOT NULL,
	"failures" integer NOT NULL,
	"not_before" timestamp with time zone NOT NULL,
	"purge_after" date NOT NULL,
	CONSTRAINT "guess_budgets_subject_kind_lane_pk" PRIMARY KEY("subject","kind","lane")
);
--> statement-breakpoint
CREATE TABLE "guess_failures" (
	"hour" timestamp with time zone PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" varchar(255) PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "spray_alarms" (
	"scope" text PRIMARY KEY NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "guess_budgets_purge_after" ON "guess_budgets" USING btree ("purge_after");--> statement-breakpoint
CREATE INDEX "rate_limits_expire" ON "rate_limits" USING btree ("expire");--> statement-breakpoint
ALTER TABLE "guess_budgets" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "rate_limits" SET (fillfactor = 80);
