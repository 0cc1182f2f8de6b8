"""A resource behind PyJWT's PyJWKClient with its default settings. Arguments: port, address of the key set, audience."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

port, jwks_uri, audience = int(sys.argv[1]), sys.argv[2], sys.argv[3]
keys = jwt.PyJWKClient(jwks_uri)


class Resource(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            key = keys.get_signing_key_from_jwt(token).key
            jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=audience)
            self.answer(200, "ok")
        except Exception as error:
            self.answer(401, repr(error))

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", port), Resource).serve_forever()
