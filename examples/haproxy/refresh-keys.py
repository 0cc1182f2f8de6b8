#!/usr/bin/env python3
"""Writes the issuer's keys to files that HAProxy loads. Arguments: address of the key set, folder. Run it once an hour.

Exit code 10: the keys are others than before, so reload HAProxy. A failed fetch changes nothing.
"""

import base64
import json
import os
import sys
import urllib.request

SLOTS = 4  # files that haproxy.cfg names: more keys than this are not published


def der(tag, content):
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([128 | len(length)]) + length) + content


def number(text):
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return der(2, b"\0" + value if value[0] & 128 else value)


def pem(key):
    pair = der(0x30, number(key["n"]) + number(key["e"]))
    spki = der(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + der(3, b"\0" + pair))
    return "-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(spki).decode() + "-----END PUBLIC KEY-----\n"


def write(path, text):
    """@returns whether the file has changed; a reader sees the old one or the new one"""
    if os.path.exists(path):
        with open(path, encoding="ascii") as old:
            if old.read() == text:
                return False
    with open(path + ".new", "w", encoding="ascii") as new:
        new.write(text)
    os.replace(path + ".new", path)
    return True


address, folder = sys.argv[1:3]
published = json.load(urllib.request.urlopen(address, timeout=10))["keys"]
keys = sorted((key for key in published if key["kty"] == "RSA"), key=lambda key: key["kid"])
if not 0 < len(keys) <= SLOTS:
    sys.exit(f"{len(keys)} keys, and files for {SLOTS}")
# A file without a key of its own holds the first key once more; no kid points to it.
changed = [write(f"{folder}/{slot + 1}.pem", pem(keys[slot] if slot < len(keys) else keys[0])) for slot in range(SLOTS)]
changed.append(write(f"{folder}/kids.map", "".join(f"{key['kid']} {slot + 1}\n" for slot, key in enumerate(keys))))
sys.exit(10 if any(changed) else 0)
