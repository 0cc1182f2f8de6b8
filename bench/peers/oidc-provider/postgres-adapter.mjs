// Where does oidc-provider keep its models? In one table, found by key or by grant: its adapter interface, no more.

const SCHEMA = 'oidc';
const TABLE = `${SCHEMA}.models`;

/** Only tokens that belong to a grant are ever looked for by it. */
const TABLES = `
  CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
  CREATE TABLE IF NOT EXISTS ${TABLE} (
    model text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, grant_id text, uid text, user_code text,
    expires_at timestamptz, consumed_at timestamptz,
    PRIMARY KEY (model, id)
  );
  CREATE INDEX IF NOT EXISTS models_grant ON ${TABLE} (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS models_uid ON ${TABLE} (uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS models_user_code ON ${TABLE} (user_code) WHERE user_code IS NOT NULL;`;

const FOUND = `SELECT payload, extract(epoch FROM consumed_at)::int AS consumed FROM ${TABLE} WHERE model = $1`;

/** Statements with a name are prepared once per connection. */
const STATEMENTS = {
  find: `${FOUND} AND id = $2`,
  findByUid: `${FOUND} AND uid = $2`,
  findByUserCode: `${FOUND} AND user_code = $2`,
  upsert: `INSERT INTO ${TABLE} (model, id, payload, grant_id, uid, user_code, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
           ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
             uid = excluded.uid, user_code = excluded.user_code, expires_at = excluded.expires_at`,
  consume: `UPDATE ${TABLE} SET consumed_at = now() WHERE model = $1 AND id = $2`,
  destroy: `DELETE FROM ${TABLE} WHERE model = $1 AND id = $2`,
  revokeByGrantId: `DELETE FROM ${TABLE} WHERE model = $1 AND grant_id = $2`,
};

/** @returns the adapter class that a provider is given */
export async function postgresAdapter(pool) {
  await pool.query(TABLES);
  const run = (name, values) => pool.query({ name, text: STATEMENTS[name], values });
  const one = async (name, values) => {
    const [row] = (await run(name, values)).rows;
    return row && (row.consumed === null ? row.payload : { ...row.payload, consumed: row.consumed });
  };

  return class PostgresAdapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      const { grantId, uid, userCode } = payload;
      await run('upsert', [this.model, id, payload, grantId, uid, userCode, expiresIn]);
    }

    find(id) {
      return one('find', [this.model, id]);
    }

    findByUid(uid) {
      return one('findByUid', [this.model, uid]);
    }

    findByUserCode(userCode) {
      return one('findByUserCode', [this.model, userCode]);
    }

    async consume(id) {
      await run('consume', [this.model, id]);
    }

    async destroy(id) {
      await run('destroy', [this.model, id]);
    }

    async revokeByGrantId(grantId) {
      await run('revokeByGrantId', [this.model, grantId]);
    }
  };
}
