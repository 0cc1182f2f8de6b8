ALTER TABLE "one_time_tokens" DROP CONSTRAINT "one_time_tokens_user_id_purpose_pk";--> statement-breakpoint
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_user_id_purpose_request_pk" PRIMARY KEY("user_id","purpose","request");--> statement-breakpoint
CREATE UNIQUE INDEX "one_time_tokens_superseded" ON "one_time_tokens" USING btree ("user_id","purpose") WHERE purpose <> 'freeze';