"""PyJWT with its PyJWKClient. It does not look at `typ`. Arguments: key set, issuer, audience. Reads a token a line."""

import sys

import jwt

jwks_uri, issuer, audience = sys.argv[1:4]
keys = jwt.PyJWKClient(jwks_uri)
required = {"require": ["exp", "iss", "aud", "sub"]}


def verify(token):
    key = keys.get_signing_key_from_jwt(token).key
    verified = jwt.api_jwt.decode_complete(
        token, key, algorithms=["RS256"], audience=audience, issuer=issuer, options=required
    )
    if verified["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")


for line in sys.stdin:
    try:
        verify(line.strip())
        print("ok", flush=True)
    except Exception as error:
        print(repr(error).replace("\n", " "), flush=True)
