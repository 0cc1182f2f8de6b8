"""Authlib. It does not look at `typ`. Arguments: key set, issuer, audience. Reads a token a line."""

import json
import sys
import time
import urllib.request

from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError

jwks_uri, issuer, audience = sys.argv[1:4]
rs256 = JsonWebToken(["RS256"])
claims_options = {
    "iss": {"essential": True, "value": issuer},
    "aud": {"essential": True, "value": audience},
    "exp": {"essential": True},
    "sub": {"essential": True},
}
keys, fetched_at = None, 0


def key_set():
    """Authlib fetches no key sets: once in five minutes is what the issuer's Cache-Control allows."""
    global keys, fetched_at
    if time.monotonic() - fetched_at > 300 or keys is None:
        keys = JsonWebKey.import_key_set(json.load(urllib.request.urlopen(jwks_uri, timeout=5)))
        fetched_at = time.monotonic()
    return keys


def verify(token):
    claims = rs256.decode(token, key_set(), claims_options=claims_options)
    claims.validate(leeway=30)
    if claims.header.get("typ") != "at+jwt":
        raise JoseError("not an access token")


for line in sys.stdin:
    try:
        verify(line.strip())
        print("ok", flush=True)
    except Exception as error:
        print(repr(error).replace("\n", " "), flush=True)
