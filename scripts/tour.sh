#!/usr/bin/env bash
# Runs docs/tour.md as written against a service of its own, and checks how each step ends.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')

# A temporary key, so that none is made under keys/: everything that the tour writes is deleted with its folder.
export PORT=$port DATA_DIR=$work/data KEY_ENCRYPTION_KEY=$(openssl rand -base64 32)
npm start --silent >"$work/log" 2>&1 &
service=$!
trap 'kill $service 2>/dev/null || true; wait $service 2>/dev/null || true; rm -rf "$work"' EXIT

for _ in $(seq 300); do
  curl -sf "http://localhost:$port/health/ready" >/dev/null && break
  sleep 0.2
done

sed -n '/<!-- tour -->/,/<!-- \/tour -->/p' docs/tour.md | sed -e '/^<!--/d' -e '/^```/d' -e "s/localhost:3000/localhost:$port/" >"$work/tour.sh"
npm() { command npm --prefix "$root" "$@"; }
export -f npm
export root=$PWD
(cd "$work" && bash -eu tour.sh) >"$work/out" || { cat "$work/out" "$work/log"; exit 1; }

expect() { grep -q -- "$1" "$work/out" || { echo "the tour lacks: $1"; cat "$work/out"; exit 1; }; }
expect '"persistent":true'
expect '"email":"ada@example.com"'
expect '"refreshToken":"wrt_'
expect '}202$'
expect '"kty":"RSA"'
expect '"active":true'
expect '"code":"token_revoked"'
expect 'Ended 0 session(s) of '

# A signal to npm must reach the service, and end it.
kill $service
wait $service || true
for _ in $(seq 50); do
  curl -sf "http://localhost:$port/health/live" >/dev/null || { echo "the tour runs as written"; exit 0; }
  sleep 0.2
done
echo "the service still answers after SIGTERM to npm" >&2
exit 1
