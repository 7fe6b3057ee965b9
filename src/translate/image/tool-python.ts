/** `landfall.py`: the same as `landfall.mjs` (tool-node.ts), for images that have Python. Standard library alone, from 3.9 on. */
export const PYTHON_TOOL = String.raw`# Standard library alone; Python 3.9 or newer.
#   python landfall.py env '{"SESSION_SECRET":{"minLength":16}}'   are the variables as they must be?
#   python landfall.py wait DATABASE_URL REDIS_URL                 until a login works, 300 seconds at most (LANDFALL_WAIT)
#   python landfall.py lock DATABASE_URL <name> -- <command>       one container at a time, by a lock of PostgreSQL
#   python landfall.py once DATABASE_URL <name> -- <command>       the same, and never again once it ended well
#   python landfall.py health '{"path":"/health","status":200}'    asks the app on PORT
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import unicodedata
from urllib.parse import parse_qs, unquote, urlsplit

LIMIT = float(os.environ.get("LANDFALL_WAIT") or 300)
# Answers of PostgreSQL that no waiting changes: wrong password, no such user, no such database.
REFUSED = {"28P01", "28000", "3D000"}
PORTS = {"postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379, "http": 80, "https": 443}


class Refused(Exception):
    def __init__(self, message, code=""):
        super().__init__(message)
        self.code = code


def say(text):
    print("landfall: " + text, file=sys.stderr, flush=True)


def fail(text, code=1):
    say(text)
    sys.exit(code)


class Address:
    """Of NAME, or of HOST_NAME:PORT_NAME. Nothing of it is ever printed but host and port."""

    def __init__(self, spec):
        first, _, second = spec.partition(":")
        value = os.environ.get(first, "")
        if second:
            self.scheme, self.host, self.port = "tcp", value, int(os.environ.get(second) or 0)
            self.label = f"{self.host}:{self.port}"
            return
        if not value:
            raise Refused(first + " is not set")
        url = urlsplit(value if re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", value) else "tcp://" + value)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        # postgresql+psycopg and its like name a driver as well.
        self.scheme = url.scheme.split("+")[0]
        self.host = query.get("host") or url.hostname or "localhost"
        self.port = url.port or int(query.get("port") or PORTS.get(self.scheme, 0))
        self.user = unquote(url.username or "") or query.get("user", "")
        self.password = unquote(url.password or "") or query.get("password") or os.environ.get("PGPASSWORD", "")
        self.path = unquote(url.path[1:])
        self.sslmode = query.get("sslmode", "prefer")
        self.label = self.host if self.host.startswith("/") else f"{self.host}:{self.port}"


def connect(address):
    if address.host.startswith("/"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(5)
        sock.connect(f"{address.host}/.s.PGSQL.{address.port or 5432}")
        return sock
    sock = socket.create_connection((address.host, address.port), 5)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


class Postgres:
    """As much of its protocol as a login and a simple query need."""

    def __init__(self, address):
        self.address = address
        self.sock = connect(address)
        mode = address.sslmode
        if mode not in ("disable", "allow") and not address.host.startswith("/"):
            self.sock.sendall(struct.pack("!ii", 8, 80877103))
            answer = self.exactly(1)
            if answer == b"S":
                context = ssl.create_default_context()
                context.check_hostname = mode == "verify-full"
                if mode not in ("verify-ca", "verify-full"):
                    context.verify_mode = ssl.CERT_NONE
                self.sock = context.wrap_socket(self.sock, server_hostname=address.host)
            elif mode != "prefer":
                raise Refused(f"the server has no TLS, and sslmode={mode} asks for it")
        names = ["user", address.user or "postgres", "database", address.path or address.user or "postgres"]
        body = b"".join(n.encode() + b"\0" for n in [*names, "application_name", "landfall", ""])
        self.sock.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self.login()

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise Refused("the connection was closed")
            data += part
        return data

    def next(self):
        kind, length = struct.unpack("!ci", self.exactly(5))
        return kind, self.exactly(length - 4)

    def send(self, kind, body):
        self.sock.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def login(self):
        user, password = self.address.user, self.address.password
        nonce = base64.b64encode(os.urandom(18)).decode()
        signature = ""
        while True:
            kind, body = self.next()
            if kind == b"E":
                raise error_of(body)
            if kind == b"Z":
                return
            if kind != b"R":
                continue
            (wanted,) = struct.unpack("!i", body[:4])
            if wanted == 3:
                self.send(b"p", password.encode() + b"\0")
            elif wanted == 5:
                inner = hashlib.md5((password + user).encode()).hexdigest().encode()
                self.send(b"p", b"md5" + hashlib.md5(inner + body[4:8]).hexdigest().encode() + b"\0")
            elif wanted == 10:
                first = ("n,,n=,r=" + nonce).encode()
                self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first)
            elif wanted == 11:
                said = body[4:].decode()
                part = {p[0]: p[2:] for p in said.split(",")}
                bare = "c=biws,r=" + part["r"]
                salt = base64.b64decode(part["s"])
                secret = unicodedata.normalize("NFKC", password).encode()
                salted = hashlib.pbkdf2_hmac("sha256", secret, salt, int(part["i"]))
                client = hmac.digest(salted, b"Client Key", "sha256")
                message = f"n=,r={nonce},{said},{bare}".encode()
                proof = hmac.digest(hashlib.sha256(client).digest(), message, "sha256")
                server = hmac.digest(salted, b"Server Key", "sha256")
                signature = base64.b64encode(hmac.digest(server, message, "sha256")).decode()
                mixed = bytes(a ^ b for a, b in zip(client, proof))
                self.send(b"p", f"{bare},p={base64.b64encode(mixed).decode()}".encode())
            elif wanted == 12:
                if body[4:].decode() != "v=" + signature:
                    raise Refused("the server does not know the password itself")
            elif wanted != 0:
                raise Refused(f"the server asks for a kind of login that is not known here: {wanted}")

    def query(self, text):
        """First column of every row."""
        self.send(b"Q", text.encode() + b"\0")
        rows, error = [], None
        while True:
            kind, body = self.next()
            if kind == b"D":
                (length,) = struct.unpack("!i", body[2:6])
                rows.append(body[6 : 6 + max(0, length)].decode())
            elif kind == b"E":
                error = error_of(body)
            elif kind == b"Z":
                if error:
                    raise error
                return rows

    def close(self):
        self.sock.close()


def error_of(body):
    found = {p[:1]: p[1:] for p in body.decode(errors="replace").split("\0")}
    return Refused(found.get("M", "the server refused"), found.get("C", ""))


def ping_redis(address):
    with connect(address) as plain:
        sock = plain
        if address.scheme == "rediss":
            sock = ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)

        def ask(*words):
            parts = [f"\${len(w.encode())}\r\n{w}\r\n" for w in words]
            sock.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return sock.recv(4096)

        if address.password:
            words = [address.user, address.password] if address.user else [address.password]
            if not ask("AUTH", *words).startswith(b"+"):
                raise Refused("the password is refused", "28P01")
        answer = ask("PING")
        if not answer.startswith(b"+PONG"):
            raise Refused(answer[1:200].decode(errors="replace").split("\r")[0] or "the connection was closed")


def try_once(address):
    if address.scheme in ("postgres", "postgresql"):
        postgres = Postgres(address)
        try:
            postgres.query("select 1")
        finally:
            postgres.close()
    elif address.scheme in ("redis", "rediss"):
        ping_redis(address)
    else:
        connect(address).close()


def wait_for(spec, end):
    address = Address(spec)
    tries = refusals = 0
    while True:
        try:
            try_once(address)
            if tries:
                say(spec + " answers")
            return
        except (OSError, Refused) as error:
            reason = str(error)
            refusals = refusals + 1 if getattr(error, "code", "") in REFUSED else 0
            if refusals >= 10:
                fail(f"{spec} at {address.label} refuses the login: {reason}")
            if time.monotonic() >= end:
                fail(f"{spec} at {address.label} did not answer within {LIMIT:g} s: {reason}", 75)
            if tries % 15 == 0:
                say(f"waiting for {spec} at {address.label}: {reason}")
            tries += 1
            time.sleep(1)


def under_lock(spec, name, command, is_once):
    """Runs a command while the lock is held. Should the lock be lost with the connection, the command is ended: another may begin."""
    wait_for(spec, time.monotonic() + LIMIT)
    postgres = Postgres(Address(spec))
    text = "'" + name.replace("'", "''") + "'"
    key = f"1279346246, hashtext({text})"
    if postgres.query(f"select pg_try_advisory_lock({key})") != ["t"]:
        say("another container is at it: waiting for " + name)
        postgres.sock.settimeout(None)
        postgres.query(f"select pg_advisory_lock({key})")
    if is_once:
        made = "(name text primary key, at timestamptz not null default now())"
        postgres.query("create table if not exists landfall_once " + made)
        if postgres.query(f"select at from landfall_once where name = {text}"):
            return 0
    try:
        child = subprocess.Popen(command)
    except OSError as error:
        fail(f"{command[0]}: {error.strerror}", 127)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _: child.send_signal(got))
    lost = None
    while child.poll() is None:
        # Nothing is expected from the server: what can be read means that it is gone.
        if lost is None and select.select([postgres.sock], [], [], 0.2)[0]:
            say("the connection that held the lock is gone: " + name + " is ended")
            lost = time.monotonic()
            child.terminate()
        elif lost is not None:
            time.sleep(0.2)
            if time.monotonic() - lost > 10:
                child.kill()
    code = child.returncode if child.returncode >= 0 else 128 - child.returncode
    if lost is not None:
        return code or 75
    if is_once and code == 0:
        postgres.sock.settimeout(30)
        postgres.query(f"insert into landfall_once (name) values ({text})")
    postgres.close()
    return code


def contains(value, wanted):
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(k in value and contains(value[k], w) for k, w in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and len(value) >= len(wanted) and all(map(contains, value, wanted))
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def health(rule):
    path = rule["path"]
    try:
        asked = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=5)
        asked.request("GET", path, headers={"Host": rule["host"]} if rule.get("host") else {})
        answer = asked.getresponse()
        text = answer.read(1_000_000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        fail(f"{path}: {error}")
    if answer.status != rule["status"] if "status" in rule else answer.status >= 500:
        fail(f"{path} answered {answer.status}")
    if "json" not in rule:
        return
    try:
        if contains(json.loads(text), rule["json"]):
            return
    except ValueError:
        pass
    fail(f"{path} answered other JSON than wanted: {text[:200]}")


def check_env(rules):
    wrong = []
    for name, rule in rules.items():
        value = os.environ.get(name)
        if not value:
            continue
        why = f" ({rule['about']})" if rule.get("about") else ""
        if len(value) < rule.get("minLength", 0):
            wrong.append(f"{name} must have {rule['minLength']} characters or more{why}")
        elif "pattern" in rule and not re.fullmatch(rule["pattern"], value):
            wrong.append(f"{name} does not match {rule['pattern']}{why}")
    if wrong:
        fail("\nlandfall: ".join(wrong), 78)


def main(verb="", *args):
    if verb == "env":
        check_env(json.loads(args[0]))
    elif verb == "wait":
        end = time.monotonic() + LIMIT
        for spec in args:
            wait_for(spec, end)
    elif verb == "health":
        health(json.loads(args[0]))
    elif verb in ("lock", "once"):
        cut = args.index("--")
        sys.exit(under_lock(args[0], args[1], list(args[cut + 1 :]), verb == "once"))
    else:
        fail("env, wait, lock, once or health?", 2)


try:
    main(*sys.argv[1:])
except (OSError, Refused) as failure:
    fail(str(failure))
`.replaceAll('\\$', '$')
