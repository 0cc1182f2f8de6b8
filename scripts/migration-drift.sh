#!/usr/bin/env bash
# Does drizzle/ hold every change of src/database/schema? Generates into a copy and expects nothing new.
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d ./.drift-XXXXXX)
trap 'rm -rf "$copy"' EXIT
cp -r drizzle/. "$copy"
npx drizzle-kit check --dialect postgresql --out "$copy" >/dev/null
npx drizzle-kit generate --dialect postgresql --schema 'src/database/schema/*.ts' --out "$copy" --name drift >/dev/null
if ! diff -rq drizzle "$copy"; then
  echo "The schema has changes without a migration: run npm run migrations:generate" >&2
  exit 1
fi
