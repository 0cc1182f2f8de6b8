"""A client for the conformance kit in the standard library of Python: the worked example of docs/conformance.md.

One process at a time refreshes a storage (a lock on a file); tokens are on the disk before anybody uses them; a refresh
without a verdict is repeated with the same token; only `"session": "ended"` ends a session.
"""

import fcntl
import http.client
import json
import os
import random
import sys
import time
from urllib.parse import urlsplit

CALL_SECONDS = 30  # for a call with all that it takes
ANSWER_SECONDS = 10  # for one answer: a lost one is asked for again well within the grace

issuer = storage = ""
offset_seconds = 0
signed_in_as = None  # the session's id, as this process knows it


def say(line):
    print(json.dumps(line), flush=True)


def now():
    return time.time() + offset_seconds


class Lock:
    """The system releases it when the process dies."""

    def __enter__(self):
        self.file = open(os.path.join(storage, "lock"), "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def load():
    try:
        with open(os.path.join(storage, "session.json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def save(session):
    """All or nothing, and on the disk."""
    draft = os.path.join(storage, "draft")
    with open(draft, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        json.dump(session, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, os.path.join(storage, "session.json"))


def keep(answer):
    global signed_in_as
    signed_in_as = answer["session"]["id"]
    # The server's times are relative: this machine's clock may be wrong.
    arrived = now()
    save({**answer, "arrivedAt": arrived, "dueAt": arrived + answer["refreshIn"]})


def end(code=None):
    """Call it with the lock."""
    global signed_in_as
    if load():
        os.remove(os.path.join(storage, "session.json"))
    if signed_in_as:
        signed_in_as = None
        say({"event": "ended", **({"code": code} if code else {})})


def send(method, url, body=None, token=None):
    """Redirects are answers like others: nothing follows them. Credentials go to the issuer only."""
    parts = urlsplit(url)
    headers = {"content-type": "application/json"} if body is not None else {}
    if token and f"{parts.scheme}://{parts.netloc}" == issuer:
        headers["authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection(parts.netloc, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, parts.path or "/", body and json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.getheader("content-type", "").split(";")[0] in ("application/json", "application/problem+json"):
            return answer.status, json.loads(text)
        return answer.status, {}
    finally:
        connection.close()


def current():
    """The session of the storage; another process may have ended it."""
    global signed_in_as
    session = load()
    if session:
        signed_in_as = session["session"]["id"]
    elif signed_in_as:
        end()
    return session


def is_due(session):
    """A clock that was set back says nothing."""
    return not session["arrivedAt"] <= now() < session["dueAt"]


def refresh(old, deadline):
    """Returns the session after it, or None when it has ended. Raises TimeoutError when nothing was decided."""
    pause = 0.5
    while time.monotonic() < deadline:
        with Lock():
            session = current()
            if not session or session["refreshToken"] != old["refreshToken"]:
                return session  # another process was first
            try:
                status, answer = send("POST", issuer + "/auth/refresh", {"refreshToken": session["refreshToken"]})
            except (OSError, http.client.HTTPException, ValueError):
                status, answer = 0, {}
            if status == 200 and "refreshToken" in answer:
                keep(answer)
                return load()
            if answer.get("session") == "ended":
                return end(answer.get("code"))
        time.sleep(max(pause * random.uniform(0.5, 1), answer.get("retryAfter", 0)))
        pause = min(2 * pause, 8)
    raise TimeoutError("the refresh is not decided yet")


def call(url):
    deadline = time.monotonic() + CALL_SECONDS
    session = current()
    if session and is_due(session):
        session = refresh(session, deadline)
    status, answer = send("GET", url, token=session and session["accessToken"])
    if status != 401 or not session or not url.startswith(issuer + "/"):
        return {"status": status}
    if answer.get("session") == "ended":
        with Lock():
            now_stored = load()
            if now_stored and now_stored["session"]["id"] == session["session"]["id"]:
                end(answer.get("code"))
        return {"status": status}
    session = refresh(session, deadline)
    return {"status": send("GET", url, token=session and session["accessToken"])[0]}


def sign_in(email, password):
    status, answer = send("POST", issuer + "/auth/login", {"email": email, "password": password, "transport": "bearer"})
    if status == 200:
        with Lock():
            keep(answer)
    return {"status": status}


def sign_out():
    with Lock():
        session = load()
        end()  # first here, whatever becomes of the request
    if session:
        send("POST", issuer + "/auth/logout", {"refreshToken": session["refreshToken"]})
    return {"ok": True}


def act(command):
    global issuer, storage, offset_seconds
    match command["do"]:
        case "start":
            issuer, storage = command["issuer"], command["storage"]
            return {"ok": True} if command["transport"] == "bearer" else {"error": "unsupported"}
        case "sign-in":
            return sign_in(command["email"], command["password"])
        case "call":
            return call(command.get("url") or issuer + command["path"])
        case "sign-out":
            return sign_out()
        case "time":
            offset_seconds = command["offsetSeconds"]
            return {"ok": True}
    return {"error": "unsupported"}


for line in sys.stdin:
    asked = json.loads(line)
    try:
        say({"id": asked["id"], **act(asked)})
    except (OSError, http.client.HTTPException, ValueError) as error:
        say({"id": asked["id"], "error": str(error) or type(error).__name__})
