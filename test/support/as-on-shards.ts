// Makes a database such that the service has what it would have on shards: no backstops (src/database/distribution.ts). Tests
// that change rows by hand keep them. Whatever a statement of the service leaves out is an error at its commit.
import type pg from 'pg';
import { backstops } from '../../src/database/distribution.js';

/** Only where others than the service change a row. */
const unlessService = (definition: string, role: string) => {
  const isOther = `session_user <> '${role}'`;
  const [head = '', tail] = definition.split(' WHEN (', 2);
  return tail === undefined
    ? definition.replace(' EXECUTE ', ` WHEN (${isOther}) EXECUTE `)
    : `${head} WHEN (${isOther} AND ${tail}`;
};

/** What the service must have written itself. Its name comes before those of other triggers: it sees what was sent. */
const checksOf = (role: string) => `
  CREATE FUNCTION check_revision() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.revision = OLD.revision AND (OLD.email, OLD.role, OLD.email_verified_at, OLD.disabled_at, OLD.pending_until,
         OLD.factors_reset_at) IS DISTINCT FROM (NEW.email, NEW.role, NEW.email_verified_at, NEW.disabled_at,
         NEW.pending_until, NEW.factors_reset_at) THEN
      RAISE EXCEPTION 'A statement changes a user and does not move the revision.';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER a_check_revision BEFORE UPDATE ON users FOR EACH ROW
    WHEN (session_user = '${role}') EXECUTE FUNCTION check_revision();

  CREATE FUNCTION check_address() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'DELETE' AND EXISTS (SELECT FROM users WHERE id = NEW.id AND email = NEW.email)
       AND NOT EXISTS (SELECT FROM user_emails WHERE email = NEW.email AND user_id = NEW.id) THEN
      RAISE EXCEPTION 'Nothing leads from an address to its user.';
    END IF;
    IF TG_OP <> 'INSERT' AND EXISTS (SELECT FROM user_emails WHERE email = OLD.email AND user_id = OLD.id)
       AND NOT EXISTS (SELECT FROM users WHERE id = OLD.id AND email = OLD.email) THEN
      RAISE EXCEPTION 'An address leads to a user who does not have it.';
    END IF;
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM user_lookups WHERE user_id = OLD.id) THEN
      RAISE EXCEPTION 'Something leads to a user who is gone.';
    END IF;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER check_address AFTER INSERT OR UPDATE OR DELETE ON users DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (session_user = '${role}') EXECUTE FUNCTION check_address();

  CREATE FUNCTION check_subject() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM refresh_tokens WHERE user_id = OLD.id)
       AND current_setting('watchword.ends_everybody', true) IS DISTINCT FROM 'on'
       AND NOT EXISTS (SELECT FROM revoked_subjects WHERE subject = OLD.id::text
                          AND good_from >= coalesce(NEW.token_version, 2147483647)) THEN
      RAISE EXCEPTION 'Siblings do not learn whose tokens have ended.';
    END IF;
    RETURN OLD;
  END $$;
  CREATE CONSTRAINT TRIGGER check_subject AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (session_user = '${role}' AND OLD.token_version <> NEW.token_version)
    EXECUTE FUNCTION check_subject();
  CREATE TRIGGER check_subject_of_deleted BEFORE DELETE ON users
    FOR EACH ROW WHEN (session_user = '${role}') EXECUTE FUNCTION check_subject();

  CREATE FUNCTION check_identity() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE key bytea := sha256(convert_to(coalesce(NEW.issuer, OLD.issuer) || E'\\n' || coalesce(NEW.subject, OLD.subject),
                                         'UTF8'));
  BEGIN
    IF EXISTS (SELECT FROM upstream_identities WHERE issuer = NEW.issuer AND subject = NEW.subject
                                                 AND user_id = NEW.user_id)
       IS DISTINCT FROM
       EXISTS (SELECT FROM user_lookups WHERE hash = key AND kind = 'identity'
                                          AND user_id = coalesce(NEW.user_id, OLD.user_id)) THEN
      RAISE EXCEPTION 'An identity and what leads to it differ.';
    END IF;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER check_identity AFTER INSERT OR DELETE ON upstream_identities DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (session_user = '${role}') EXECUTE FUNCTION check_identity();`;

/** @param client as the owner of the tables */
export async function makeAsOnShards(client: pg.Client, role: string): Promise<void> {
  for (const [table, constraint] of backstops.constraints)
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${constraint}`);
  for (const [table, name] of backstops.triggers) {
    const { rows } = await client.query<{ definition: string }>(
      'SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = $2',
      [table, name],
    );
    const definition = rows[0]?.definition ?? '';
    await client.query(`DROP TRIGGER ${name} ON ${table}`);
    await client.query(unlessService(definition, role));
  }
  await client.query(checksOf(role));
}
