-- Distributes Watchword's tables on Citus, as the owner of the tables and on the coordinator:
-- docs/operations/citus.md says when, and what comes before. A test compares it with src/database/distribution.ts.
BEGIN;
-- The tables refer to one another: their shards are made one after the other.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- What one server has in addition. The service writes all of it itself.
DROP TRIGGER users_address_given ON users;
DROP TRIGGER users_address_changed ON users;
DROP TRIGGER users_revise ON users;
DROP TRIGGER users_tokens_ended ON users;
DROP TRIGGER users_deleted ON users;
DROP TRIGGER upstream_identities_looked_up ON upstream_identities;
DROP TRIGGER foreign_sessions_looked_up ON foreign_sessions;
ALTER TABLE users DROP CONSTRAINT users_email_unique;
ALTER TABLE upstream_identities DROP CONSTRAINT upstream_identities_issuer_subject;
ALTER TABLE foreign_sessions DROP CONSTRAINT foreign_sessions_token_hash;

-- Foreign keys go while their tables move, and come back at the end.
CREATE TEMPORARY TABLE foreign_keys ON COMMIT DROP AS
SELECT conrelid::regclass::text AS from_table, conname, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint
 WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0;
DO $$
DECLARE key record;
BEGIN
  FOR key IN SELECT * FROM foreign_keys LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', key.from_table, key.conname);
  END LOOP;
END $$;

-- Whole on every node.
SELECT create_reference_table('services');
SELECT create_reference_table('spray_alarms');

-- All of one user's rows lie together.
SELECT create_distributed_table('users', 'id', colocate_with => 'none');
SELECT create_distributed_table('refresh_tokens', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('access_revocations', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('revocation_outbox', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('audit_events', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('alert_deliveries', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('totp_authenticators', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('recovery_codes', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('factor_tickets', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('passkeys', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('spent_challenges', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('one_time_tokens', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('foreign_sessions', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('upstream_identities', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('upstream_sign_ins', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('upstream_codes', 'user_id', colocate_with => 'users');

-- Found by something else than a user.
SELECT create_distributed_table('user_emails', 'email', colocate_with => 'none');
SELECT create_distributed_table('user_lookups', 'hash', colocate_with => 'none');
SELECT create_distributed_table('revoked_subjects', 'subject', colocate_with => 'none');
SELECT create_distributed_table('mail_outbox', 'recipient', colocate_with => 'none');
SELECT create_distributed_table('guess_budgets', 'subject', colocate_with => 'none');
SELECT create_distributed_table('rate_limits', 'key', colocate_with => 'none');
SELECT create_distributed_table('upstream_requests', 'hash', colocate_with => 'none');
SELECT create_distributed_table('upstream_logouts', 'jti', colocate_with => 'none');
SELECT create_distributed_table('service_token_revocations', 'service_id', colocate_with => 'none');

-- On the coordinator alone, and to be reached through every node.
SELECT citus_add_local_table_to_metadata('guess_failures');
SELECT citus_add_local_table_to_metadata('signing_keys');
SELECT citus_add_local_table_to_metadata('key_ring_version');
SELECT citus_add_local_table_to_metadata('server_secrets');
SELECT citus_add_local_table_to_metadata('imports');
SELECT citus_add_local_table_to_metadata('import_refusals');
SELECT citus_add_local_table_to_metadata('turns');

DO $$
DECLARE key record;
BEGIN
  FOR key IN SELECT * FROM foreign_keys LOOP
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', key.from_table, key.conname, key.definition);
  END LOOP;
END $$;
COMMIT;
