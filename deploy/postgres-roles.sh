#!/bin/bash
# Makes the two roles of Watchword: an owner that migrates and a service that only reads and writes rows.
#
# The official image runs this once, on an empty volume, from /docker-entrypoint-initdb.d. It may be run again at any time, also
# against a PostgreSQL of your own (15 or newer) as a superuser with a psql of 15 or newer; it then sets both
# passwords anew, which is how they are changed. What the service may do with each table is granted by the command `migrate`.
#
#   POSTGRES_USER, POSTGRES_DB        who runs this, and the database that the roles are for (as in the official image)
#   WATCHWORD_OWNER_PASSWORD          password of watchword_owner, or WATCHWORD_OWNER_PASSWORD_FILE: a file that holds it
#   WATCHWORD_PASSWORD                password of watchword, or WATCHWORD_PASSWORD_FILE
#
# Only what the image's own entry point sets as well, for it sources a script that has lost its executable bit.
set -eo pipefail

: "${POSTGRES_USER:?is not set}" "${POSTGRES_DB:?is not set}"
if [ -n "$WATCHWORD_OWNER_PASSWORD_FILE" ]; then WATCHWORD_OWNER_PASSWORD=$(<"$WATCHWORD_OWNER_PASSWORD_FILE"); fi
if [ -n "$WATCHWORD_PASSWORD_FILE" ]; then WATCHWORD_PASSWORD=$(<"$WATCHWORD_PASSWORD_FILE"); fi
export WATCHWORD_OWNER_PASSWORD=${WATCHWORD_OWNER_PASSWORD:?is not set} WATCHWORD_PASSWORD=${WATCHWORD_PASSWORD:?is not set}

# psql reads the passwords from its environment: in its arguments every user of the machine would see them.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv owner_password WATCHWORD_OWNER_PASSWORD
\getenv service_password WATCHWORD_PASSWORD
BEGIN;
-- A statement that fails must not leave a password in the server's log.
SET LOCAL log_min_error_statement = panic;
SET LOCAL log_statement = none;
SET LOCAL log_min_duration_statement = -1;

SELECT 'CREATE ROLE watchword_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'watchword_owner') \gexec
SELECT 'CREATE ROLE watchword' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'watchword') \gexec
ALTER ROLE watchword_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE watchword LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'service_password';

-- Everything in the database is the owner's, and nobody connects who was not named. Other databases are left alone:
-- whatever PUBLIC may do there, fail-over tools such as Patroni may need (their rewind user connects to postgres).
ALTER DATABASE :"DBNAME" OWNER TO watchword_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO watchword;

-- The service may look the schema's objects up. It may create none, not even temporary ones.
ALTER SCHEMA public OWNER TO watchword_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO watchword;
COMMIT;
SQL
