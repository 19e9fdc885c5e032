"""Conformance checks for the chat protocol, and a model client in Python.

    python3 tests/server/conformance.py HOST PORT [--server-pid PID]

Connects to a running server and checks what the wire protocol promises, as far as it can be
seen from outside. Needs nothing but the standard library. The server runs with its defaults, except for

    CHAT_LEAVE_GRACE_MS=500 CHAT_HELLO_MS=1500 CHAT_DRAIN_MS=1000

and has no other clients from the same address.

With --server-pid the last check sends that process a SIGTERM and watches it drain. Prints one line
for each failing check and `N passed, M failed` at the end; the exit code is 1 if any failed.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import struct
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

WAIT = 4.0
LIFETIME = 15.0
GRACE = 0.5
HELLO_TIME = 1.5
PRESENCE_DELAY = 1.0
BURST = 10
CONNECTIONS_PER_ADDRESS = 100
FRAME_BYTES = 16384
OLDEST_ID = "0" * 26
NEWEST_ID = "7" + "Z" * 25
CROCKFORD_TO_PYTHON = str.maketrans("JKMNPQRSTVWXYZ", "IJKLMNOPQRSTUV")


class Failed(Exception):
    """A promise of the protocol was not kept."""


class Closed(Exception):
    """The server closed the connection."""

    def __init__(self, code):
        super().__init__(f"close {code}")
        self.code = code


class Refused(Exception):
    """The server answered the upgrade request with something other than 101."""

    def __init__(self, status, headers):
        super().__init__(f"status {status}")
        self.status, self.headers = status, headers


def shorten(value, limit=300):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "…"


def same(what, seen, expected):
    if seen != expected:
        raise Failed(f"{what}: expected {shorten(expected)}, saw {shorten(seen)}")


def holds(what, condition, seen):
    if not condition:
        raise Failed(f"expected {what}, saw {shorten(seen)}")


def fresh(prefix):
    return prefix + os.urandom(6).hex()


def fresh_key():
    return os.urandom(16).hex()


def user_id_of(key):
    digest = hashlib.sha256(key.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:16]


def time_of(ulid):
    return int(ulid[:10].translate(CROCKFORD_TO_PYTHON), 32)


# --- RFC 6455 -------------------------------------------------------------------------------------

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def masked(payload, mask):
    length = len(payload)
    stream = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(length, "big")


def client_frame(opcode, payload, final=True):
    first = (0x80 if final else 0) | opcode
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    mask = os.urandom(4)
    return head + mask + masked(payload, mask)


class WebSocket:
    def __init__(self, host, port, headers=None):
        self.buffer, self.parts, self.pongs = bytearray(), [], []
        self.closing = False
        self.socket = socket.create_connection((host, port), timeout=WAIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._upgrade(f"{host}:{port}", headers or {})
        except BaseException:
            self.socket.close()
            raise

    def _upgrade(self, authority, changes):
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {"Host": authority, "Connection": "Upgrade", "Upgrade": "websocket",
                   "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key, **changes}
        lines = ["GET /ws HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.send_bytes(("\r\n".join(lines) + "\r\n\r\n").encode())
        deadline = time.monotonic() + WAIT
        while b"\r\n\r\n" not in self.buffer:
            self._fill(deadline)
        end = self.buffer.index(b"\r\n\r\n")
        status_line, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        del self.buffer[:end + 4]
        pairs = (line.partition(":") for line in lines)
        self.headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        status = int(status_line.split()[1])
        if status != 101:
            raise Refused(status, self.headers)
        accept = base64.b64encode(hashlib.sha1((key + ACCEPT_SUFFIX).encode()).digest()).decode()
        same("Sec-WebSocket-Accept", self.headers.get("sec-websocket-accept"), accept)

    def send_bytes(self, data):
        self.socket.settimeout(WAIT)
        self.socket.sendall(data)

    def send_frame(self, opcode, payload, final=True):
        self.send_bytes(client_frame(opcode, payload, final))

    def _fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise Closed(1006)
        self.buffer += data

    def _hold(self, count, deadline):
        while len(self.buffer) < count:
            self._fill(deadline)

    def _receive_frame(self, deadline):
        """The next frame, taken from the buffer only when it is complete."""
        self._hold(2, deadline)
        first, second, start = self.buffer[0], self.buffer[1], 2
        same("reserved bits of a frame", first & 0x70, 0)
        same("mask bit of a server's frame", second & 0x80, 0)
        length = second & 0x7F
        if length >= 126:
            form, start = ("!H", 4) if length == 126 else ("!Q", 10)
            self._hold(start, deadline)
            length, = struct.unpack_from(form, self.buffer, 2)
        self._hold(start + length, deadline)
        payload = bytes(self.buffer[start:start + length])
        del self.buffer[:start + length]
        return bool(first & 0x80), first & 0x0F, payload

    def receive(self, deadline):
        """The next text message. Answers pings, keeps pongs, raises Closed at a close frame."""
        while True:
            final, opcode, payload = self._receive_frame(deadline)
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                self._start_close(payload[:2])
                raise Closed(struct.unpack("!H", payload[:2])[0] if payload else 1005)
            else:
                same("opcode", opcode, CONTINUATION if self.parts else TEXT)
                self.parts.append(payload)
                if final:
                    message, self.parts = b"".join(self.parts), []
                    return message.decode()

    def _start_close(self, code):
        """Sends a close frame, or echoes one, once."""
        if not self.closing:
            self.closing = True
            try:
                self.send_frame(CLOSE, code)
            except OSError:
                pass

    def drop(self):
        self.socket.close()

    def close(self):
        deadline = time.monotonic() + 1
        self._start_close(struct.pack("!H", 1000))
        try:
            while True:
                self.receive(deadline)
        except (Closed, Failed, OSError):
            self.socket.close()


# --- Shapes of events -----------------------------------------------------------------------------
# A class, a pattern, a list of one shape, or an object; "?" marks a field that may be left out.

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
USER_ID = re.compile(r"[a-z2-7]{16}")
ROOM = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
ERROR_CODE = re.compile("bad_request|not_welcome|not_joined|name_invalid|name_taken|room_invalid|"
                        "text_invalid|rate_limited|too_many_rooms|room_full|unavailable|internal|"
                        "unauthorized|forbidden|read_only|kicked|muted|banned")
CHANGES = ("joined", "left", "renamed")
USER = {"id": USER_ID, "name": str, "role?": str}
SETTINGS = {"topic": str, "moderators": [USER], "locked": bool, "readOnly": bool, "slowMs": int,
            "listed": bool}
MESSAGE = {"id": ULID, "time": int, "user": USER, "text": str}
ANSWERS = {
    "welcome": {"version": int, "you": USER, "heartbeatMs": int,
                "limits": {"text": int, "name": int, "frame": int, "history": int}},
    "joined": {"room": ROOM, "complete": bool, "more": bool, "follow": int, "head": ULID,
               "messages": [MESSAGE], "members": [USER], "count": int,
               "settings": SETTINGS},
    "left": {"room": ROOM},
    "ack": {"ref": str, "room": ROOM, "id": ULID, "time": int, "duplicate": bool},
    "renamed": {"you": USER},
    "history": {"room": ROOM, "messages": [MESSAGE], "more": bool},
    "pong": {},
    "done": {},
    "error": {"code": ERROR_CODE, "message": str, "retryMs?": int},
}
NEWS = {
    "message": {"room": ROOM, **MESSAGE},
    "presence": {"room": ROOM, "joined?": [USER], "left?": [USER_ID], "renamed?": [USER],
                 "count": int},
    "typing": {"room": ROOM, "user": USER},
    "gap": {"room": ROOM, "after": ULID, "before": ULID},
    "kicked": {"room": ROOM, "until": int},
    "bye": {"retryMs": int},
}


def fits(value, shape):
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            fits(value[name.rstrip("?")], inner) if name.rstrip("?") in value else name[-1] == "?"
            for name, inner in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    return type(value) is shape


def validate(event):
    kind = event.get("type") if isinstance(event, dict) else None
    holds("an event with a type", isinstance(kind, str), event)
    shape = {**ANSWERS, **NEWS}.get(kind)
    if shape is None:
        return
    holds(f"a well-formed {kind}", fits(event, {"ref?": str, **shape}), event)
    holds(f"no ref in {kind}", kind in ANSWERS or "ref" not in event, event)
    for stamped in [event, *event.get("messages", [])]:
        if "time" in stamped:
            same(f"time inside the id {stamped['id']}", time_of(stamped["id"]), stamped["time"])
    if kind == "joined":
        bare = not any({"type", "room"} & message.keys() for message in event["messages"])
        holds("joined.messages without type and room", bare, event)
    if kind == "presence":
        ids = [each for change in CHANGES for each in changed(event, change)]
        holds("each id once in a presence", len(ids) == len(set(ids)), event)


def changed(presence, change):
    users = presence.get(change, [])
    return users if change == "left" else [user["id"] for user in users]


def told_names(presence):
    return presence.get("joined", []) + presence.get("renamed", [])


def owner_named(client, name):
    """The user who has made a room by joining it first."""
    return {"id": client.id, "name": name, "role": "owner"}


def ids_of(messages):
    return [message["id"] for message in messages]


# --- Clients --------------------------------------------------------------------------------------


def command(kind, **fields):
    return json.dumps({"type": kind, **fields}, ensure_ascii=False).encode()


class Client:
    """One connection: `log` holds every event received, `unread` those that nothing waited for."""

    def __init__(self, host, port, headers=None):
        self.socket = WebSocket(host, port, headers)
        self.log, self.unread = [], []
        self.expires = time.monotonic() + LIFETIME
        self.id = self.name = self.room = self.joined = None

    def tell(self, kind, **fields):
        self.socket.send_frame(TEXT, command(kind, **fields))

    def tell_many(self, commands):
        self.socket.send_bytes(b"".join(client_frame(TEXT, each) for each in commands))

    def ask(self, kind, **fields):
        fields.setdefault("ref", fresh("ref"))
        self.tell(kind, **fields)
        return self.answer(fields["ref"], kind)

    def answer(self, ref, kind="a command"):
        return self.wait(f"an answer to {kind}", lambda event: event.get("ref") == ref)

    def hello(self, name, key=None):
        welcome = self.ask("hello", name=name, **({"key": key} if key else {}))
        same("answer to hello", welcome["type"], "welcome")
        self.id, self.name = welcome["you"]["id"], welcome["you"]["name"]
        return welcome

    def join(self, room, **fields):
        """Joins a room, to which `send` and `history` go from now on."""
        self.room, self.joined = room, self.ask("join", room=room, **fields)
        same("answer to join", self.joined["type"], "joined")
        return self.joined

    def send(self, text="hi", **fields):
        ack = self.ask("send", room=self.room, text=text, **fields)
        holds("an ack", ack["type"] == "ack", ack)
        return ack

    def history(self, **fields):
        page = self.ask("history", room=self.room, **fields)
        holds("a history", page["type"] == "history", page)
        return page

    def refused(self, code, kind, naming="", **fields):
        refusal = self.ask(kind, **fields)
        seen = refusal.get("code", refusal["type"])
        holds(f"{code} for {kind} with {shorten(fields, 120)}", seen == code, refusal)
        holds(f"a message naming {naming!r}", naming in refusal["message"], refusal["message"])
        return refusal

    def expect(self, kind, **fields):
        wanted = {"type": kind, **fields}
        return self.wait(shorten(wanted), lambda event: wanted.items() <= event.items())

    def told(self, change, user_id):
        """The presence that tells this change of this user."""
        return self.wait(f"a presence with {user_id} in {change}", lambda event: (
            event["type"] == "presence" and user_id in changed(event, change)))

    def told_name(self, user):
        """The presence that tells this user's name."""
        return self.wait(f"a presence with {user}", lambda event: (
            event["type"] == "presence" and user in told_names(event)))

    def mentions(self, user_id):
        """What all presences so far told of this user, in order."""
        return [change for event in self.log if event["type"] == "presence"
                for change in CHANGES if user_id in changed(event, change)]

    def arrived(self, since=OLDEST_ID):
        """The messages after `since` that the last join brought, in its answer and following it."""
        following = [self.expect("message", room=self.room) for _ in range(self.joined["follow"])]
        messages = self.joined["messages"] + following
        return [message for message in messages if message["id"] > since]

    def wait(self, what, accepts, within=WAIT):
        deadline = time.monotonic() + within
        while True:
            for index, event in enumerate(self.unread):
                if accepts(event):
                    return self.unread.pop(index)
            try:
                self.receive(deadline)
            except (Closed, TimeoutError) as end:
                kinds = [event["type"] for event in self.unread]
                reason = end if isinstance(end, Closed) else f"nothing within {within} s"
                raise Failed(f"expected {what}, saw {reason} after {shorten(kinds, 80)}") from end

    def listen(self, seconds):
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self.receive(deadline)
        except TimeoutError:
            pass

    def receive(self, deadline):
        events = json.loads(self.socket.receive(min(deadline, self.expires)))
        holds("an array of one or more events", isinstance(events, list) and events, events)
        for event in events:
            validate(event)
        self.log += events
        self.unread += events

    def closed_with(self, code):
        deadline = time.monotonic() + WAIT
        try:
            while True:
                self.receive(deadline)
        except Closed as closed:
            same("close code", closed.code, code)
        except TimeoutError:
            raise Failed(f"expected close {code}, saw the connection open after {WAIT} s") from None

    def is_alive(self):
        same("answer to ping", self.ask("ping")["type"], "pong")


class Chat:
    """What one check opens on the server, closed with it."""

    def __init__(self, host, port, server_pid=None):
        self.host, self.port, self.server_pid = host, port, server_pid
        self.room, self.clients = fresh("r"), []

    def connect(self, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(self.host, self.port, headers)
        self.clients.append(client)
        return client

    def user(self, name=None, key=None):
        client = self.connect()
        client.hello(name or fresh("u"), key)
        return client

    def member(self, name=None, key=None, room=None, **fields):
        client = self.user(name, key)
        client.join(room or self.room, **fields)
        return client

    def user_within(self, seconds):
        """A user, once the server has noticed that earlier connections are gone."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.user()
            except Refused as refused:
                if refused.status != 429 or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def upgrade_refused(self, status, **headers):
        try:
            self.connect(**headers)
        except Refused as refused:
            same(f"status with {headers}", refused.status, status)
            return refused.headers
        raise Failed(f"expected {status} with {headers}, saw 101")

    def messages(self, refs, text="hi"):
        return [command("send", ref=ref, room=self.room, text=text) for ref in refs]

    def fill(self, bursts, text="hi"):
        """Sends bursts of messages, each by another user for the rate limit; their ids."""
        ids = [OLDEST_ID]
        for _ in range(bursts):
            writer, refs = self.connect(), [fresh("ref") for _ in range(BURST)]
            writer.tell_many([
                command("hello", name=fresh("u")),
                command("join", room=self.room, since=ids[-1]),
                *self.messages(refs, text), command("leave", room=self.room)])
            ids += [writer.expect("ack", ref=ref)["id"] for ref in refs]
            writer.expect("left")
            writer.socket.close()
        return ids[1:]

    def http(self, method, path):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=WAIT)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def close(self):
        for client in self.clients:
            client.socket.close()


class Hello(Chat):
    def welcome_tells_identity_heartbeat_and_limits(self):
        welcome = self.connect().hello("Ada")
        same("you.name", welcome["you"]["name"], "Ada")
        same("version and heartbeatMs", (welcome["version"], welcome["heartbeatMs"]), (1, 25000))
        limits = {"text": 4000, "name": 32, "frame": FRAME_BYTES, "history": 200}
        same("limits", {**welcome["limits"], **limits}, welcome["limits"])

    def user_id_is_derived_from_a_key_of_16_to_128_utf16_units(self):
        for key in (fresh_key(), "ключ пользователя", "k" * 16, "k" * 128, "🗝" * 8, "🗝" * 64):
            same(f"id of {key!r}", self.user(key=key).id, user_id_of(key))
        for key in ("k" * 15, "k" * 129, "🗝" * 7, "🗝" * 65, "", 1234567890123456, ["k" * 16]):
            self.connect().refused("bad_request", "hello", naming="key", name="Ada", key=key)

    def without_a_key_each_connection_is_another_user(self):
        holds("two ids", self.user("Ada").id != self.user("Ada").id, "the same id twice")

    def commands_before_hello_are_not_welcome(self):
        client = self.connect()
        for kind in ("join", "leave", "send", "rename", "typing", "history", "ping"):
            client.refused("not_welcome", kind, room="lobby", text="hi", name="Ada")
        client.refused("bad_request", "dance")
        client.hello("Ada")

    def hello_comes_once(self):
        client = self.user("Ada")
        client.refused("bad_request", "hello", name="Eve")
        client.is_alive()

    def a_refused_hello_welcomes_nobody(self):
        client = self.connect()
        client.refused("name_invalid", "hello", name="   ")
        client.refused("not_welcome", "ping")
        self.connect().refused("bad_request", "hello", naming="name")
        self.connect().refused("bad_request", "hello", naming="name", name=5)

    def no_hello_in_time_closes_with_4001(self):
        started = time.monotonic()
        silent, welcomed = self.connect(), self.user()
        silent.closed_with(4001)
        took = time.monotonic() - started
        holds(f"about {HELLO_TIME} s for hello", HELLO_TIME - 0.1 < took < HELLO_TIME + 2, took)
        welcomed.is_alive()


class Commands(Chat):
    def answers_carry_the_ref_if_there_is_one(self):
        client = self.user()
        for ref in ("1", "r" * 64, "🙂" * 32):
            same("answer", client.ask("ping", ref=ref)["type"], "pong")
            client.refused("bad_request", "dance", ref=ref)
        client.tell("ping")
        holds("no ref", "ref" not in client.expect("pong"), client.log[-1])
        client.tell("leave", room=self.room)
        holds("no ref", "ref" not in client.expect("error", code="not_joined"), client.log[-1])

    def a_ref_of_another_shape_is_a_bad_request_without_ref(self):
        client = self.member()
        for ref in ("", "r" * 65, "🙂" * 33, 7, True, ["r"], {"r": 1}):
            client.tell("send", ref=ref, room=self.room, text="hi")
            refusal = client.expect("error", code="bad_request")
            holds(f"no ref in the answer to ref {ref!r}", "ref" not in refusal, refusal)
        same("messages sent with a bad ref", client.history()["messages"], [])

    def what_is_not_a_json_object_is_a_bad_request(self):
        client = self.user()
        for text in ("", "hello", "{", '{"type":"ping"', "[]", '[{"type":"ping"}]', "7", "null"):
            client.socket.send_frame(TEXT, text.encode())
            refusal = client.expect("error", code="bad_request")
            holds(f"no ref in the answer to {text!r}", "ref" not in refusal, refusal)
        client.is_alive()

    def unknown_types_are_bad_requests(self):
        client = self.user()
        for kind in ("dance", "", "PING", "welcome", "constructor", "__proto__", 7, None, {}):
            client.refused("bad_request", kind)
        client.socket.send_frame(TEXT, b'{"ref":"typeless"}')
        same("code without a type", client.answer("typeless").get("code"), "bad_request")

    def unknown_fields_are_ignored(self):
        client = self.connect()
        odd = {"extra": {"deep": [1]}, "id": 5, "user": {"id": "eve"}, "version": 9}
        same("hello", client.ask("hello", name="Ada", **odd)["type"], "welcome")
        client.join(self.room, limit="odd", **odd)
        same("send", client.send(duplicate=True, **odd)["duplicate"], False)
        same("ping", client.ask("ping", room=7, **odd)["type"], "pong")

    def missing_or_mistyped_fields_are_named(self):
        client = self.member()
        for kind in ("join", "leave", "typing", "history"):
            client.refused("bad_request", kind, naming="room")
            client.refused("bad_request", kind, naming="room", room=7)
        client = self.member()
        client.refused("bad_request", "send", naming="room", text="hi")
        client.refused("bad_request", "send", naming="text", room=self.room)
        client.refused("bad_request", "send", naming="text", room=self.room, text=["hi"])
        client.refused("bad_request", "rename", naming="name")
        client.refused("bad_request", "rename", naming="name", name={"first": "Ada"})
        client.refused("bad_request", "history", naming="limit", room=self.room, limit="5")
        client.refused("bad_request", "history", naming="limit", room=self.room, limit=1.5)
        client.tell("send", room=self.room, text="hi")
        refusal = client.expect("error", code="bad_request")
        holds("a message naming ref", "ref" in refusal["message"], refusal)

    def malformed_ids_are_bad_requests_naming_the_field(self):
        client, newcomer = self.member(), self.user()
        for bad in ("", "0" * 25, "0" * 27, "U" * 26, "!" * 26, 7):
            client.refused("bad_request", "history", naming="before", room=self.room, before=bad)
            client.refused("bad_request", "history", naming="after", room=self.room, after=bad)
            newcomer.refused("bad_request", "join", naming="since", room=self.room, since=bad)
        newcomer.refused("not_joined", "leave", room=self.room)

    def twenty_bad_commands_close_with_4500(self):
        client, unwelcome = self.user(), self.connect()
        for _ in range(19):
            client.refused("bad_request", "dance")
            unwelcome.refused("not_welcome", "ping")
        client.is_alive()
        for each in (client, unwelcome):
            each.tell_many([command("dance")] * 2)
            each.closed_with(4500)

    def twenty_over_long_names_close_with_4500(self):
        client, unwelcome = self.user(), self.connect()
        name = "a" + "\u0344" * 3900 + "\u0334" * 3900
        for _ in range(19):
            client.refused("name_invalid", "rename", name=name)
            unwelcome.refused("name_invalid", "hello", name="x" * 257)
        for _ in range(25):
            client.refused("name_invalid", "rename", name="x" * 256)
        client.is_alive()
        client.tell("rename", name=name)
        unwelcome.tell("hello", name=name)
        for each in (client, unwelcome):
            each.closed_with(4500)

    def a_burst_of_100_commands_is_allowed(self):
        client, refs = self.user(), [str(number) for number in range(99)]
        client.tell_many(command("ping", ref=ref) for ref in refs)
        same("refs of the pongs", [client.expect("pong")["ref"] for _ in refs], refs)

    def flooding_closes_with_4501(self):
        client = self.user()
        client.tell_many([command("ping")] * 400)
        client.closed_with(4501)

    def commands_are_handled_in_order(self):
        client, room = self.user(), self.room
        client.tell_many([
            command("join", ref="1", room=room), *self.messages(["2"], "one"),
            command("history", ref="3", room=room), command("rename", ref="4", name="Bea"),
            command("leave", ref="5", room=room), *self.messages(["6"]), command("ping", ref="7")])
        client.answer("7")
        answers = [event for event in client.log if event.get("ref", "") in list("1234567")]
        same("answers", [(answer["ref"], answer["type"]) for answer in answers],
             [("1", "joined"), ("2", "ack"), ("3", "history"), ("4", "renamed"), ("5", "left"),
              ("6", "error"), ("7", "pong")])
        same("texts", [message["text"] for message in answers[2]["messages"]], ["one"])
        same("code after leaving", answers[5]["code"], "not_joined")


def ping_of_bytes(size, filler):
    padding = size - len(command("ping", ref="big", pad=""))
    pad = filler * (padding // len(filler.encode()))
    return command("ping", ref="big", pad=pad + "x" * (padding - len(pad.encode())))


class Frames(Chat):
    def frames_over_16384_bytes_close_with_1009(self):
        for filler in ("x", "é", "🙂"):
            client = self.user()
            client.socket.send_frame(TEXT, ping_of_bytes(FRAME_BYTES, filler))
            same("answer", client.answer("big")["type"], "pong")
            client.socket.send_frame(TEXT, ping_of_bytes(FRAME_BYTES + 1, filler))
            client.closed_with(1009)

    def a_command_in_fragments_is_one_command_with_one_limit(self):
        client, payload = self.user(), command("ping", ref="parts", note="añadido")
        client.socket.send_frame(TEXT, payload[:9], final=False)
        client.socket.send_frame(PING, b"between")
        client.socket.send_frame(CONTINUATION, payload[9:-3], final=False)
        client.socket.send_frame(CONTINUATION, payload[-3:])
        same("answer", client.answer("parts")["type"], "pong")
        same("payloads of pongs", client.socket.pongs, [b"between"])
        payload = ping_of_bytes(FRAME_BYTES + 1, "x")
        client.socket.send_frame(TEXT, payload[:9000], final=False)
        client.socket.send_frame(CONTINUATION, payload[9000:])
        client.closed_with(1009)

    def binary_frames_close_with_1003(self):
        client = self.user()
        client.socket.send_frame(BINARY, command("ping"))
        client.closed_with(1003)


class Rooms(Chat):
    def joined_describes_an_empty_room(self):
        ada = self.member("Ada")
        fields = {"room": self.room, "complete": True, "more": False, "follow": 0, "messages": [],
                  "members": [owner_named(ada, "Ada")], "count": 1}
        same("joined", ada.joined, {**ada.joined, **fields})

    def joining_twice_counts_once(self):
        ada, bob = self.member(), self.member()
        again = bob.join(self.room)
        same("count", again["count"], 2)
        same("members", sorted(ids_of(again["members"])), sorted([ada.id, bob.id]))
        cleo = self.member()
        same("count told of the next", ada.told("joined", cleo.id)["count"], 3)
        same("mentions of the one who joined twice", ada.mentions(bob.id), ["joined"])
        bob.ask("leave", room=self.room)
        bob.refused("not_joined", "send", room=self.room, text="hi")

    def connections_of_one_user_are_one_member(self):
        key = fresh_key()
        first, second = self.member("Ada", key), self.member("Ada", key)
        same("count", second.joined["count"], 1)
        same("members", second.joined["members"], [owner_named(first, "Ada")])

    def room_names_are_lower_cased_everywhere(self):
        shout, bob = self.room.upper(), self.member()
        ada = self.member(room=shout)
        same("joined.room", ada.joined["room"], self.room)
        same("ack.room", ada.send()["room"], self.room)
        same("message.room", bob.expect("message")["room"], self.room)
        same("history.room", ada.history()["room"], self.room)
        ada.tell("typing", room=shout)
        same("typing.room", bob.expect("typing")["room"], self.room)
        same("left.room", ada.ask("leave", room=shout)["room"], self.room)

    def room_names_follow_the_rule(self):
        client = self.user()
        for room in (fresh("0"), fresh("a-_"), fresh("").ljust(64, "z")):
            same("room", client.join(room)["room"], room)
        for room in ("", "-a", "_a", "a b", "a.b", "a/b", "#a", "é", "дом", "a\n", " a", "a" * 65):
            client.refused("room_invalid", "join", room=room)

    def commands_to_a_room_not_joined_are_refused(self):
        self.member()
        client = self.user()
        for _ in range(2):
            for kind in ("leave", "send", "typing", "history"):
                client.refused("not_joined", kind, room=self.room, text="hi")
            client.join(self.room)
            same("answer to leave", client.ask("leave", room=self.room)["type"], "left")

    def a_connection_may_join_20_rooms(self):
        client, rooms = self.user(), [fresh("r") for _ in range(21)]
        for room in rooms[:20]:
            client.join(room)
        client.refused("too_many_rooms", "join", room=rooms[20])
        client.join(rooms[0])
        client.ask("leave", room=rooms[0])
        client.join(rooms[20])

    def nothing_is_missed_when_joining_a_busy_room(self):
        ada, bob, refs = self.member(), self.user(), [fresh("ref") for _ in range(BURST)]
        ada.tell_many(self.messages(refs[:5]))
        bob.tell("join", ref="join", room=self.room)
        ada.tell_many(self.messages(refs[5:]))
        sent = [ada.expect("ack", ref=ref)["id"] for ref in refs]
        received = ids_of(bob.answer("join")["messages"])
        while sent[-1] not in received:
            received.append(bob.expect("message")["id"])
        same("ids received", list(dict.fromkeys(received)), sent)
        same("first event of the room", [e["type"] for e in bob.log if "room" in e][0], "joined")


class Messages(Chat):
    def a_message_reaches_everyone_and_is_acknowledged(self):
        ada, bob = self.member("Ada"), self.member()
        ack = ada.send("Grüße 🙂")
        same("ack", (ack["room"], ack["duplicate"]), (self.room, False))
        message = {"room": self.room, "id": ack["id"], "time": ack["time"], "text": "Grüße 🙂",
                   "user": owner_named(ada, "Ada")}
        for receiver in (ada, bob):
            receiver.expect("message", **message)
        holds("milliseconds since 1970", abs(ack["time"] / 1000 - time.time()) < 86400, ack)

    def ids_grow_across_rooms_and_users(self):
        members = self.member(), self.member(room=fresh("r"))
        ids = [members[turn % 2].send()["id"] for turn in range(2 * BURST)]
        same("order of ids", ids, sorted(set(ids)))

    def control_characters_are_removed_from_text(self):
        client = self.member()
        for text, cleaned in (("a\x00b\x07c\x1bd\x7fe\x80f\x85g\x9fh", "abcdefgh"),
                              ("one\r\n\ttwo\n", "one\n\ttwo\n")):
            client.expect("message", id=client.send(text)["id"], text=cleaned)

    def lone_surrogates_are_replaced(self):
        client = self.member()
        escaped = json.dumps({"type": "send", "ref": "1", "room": self.room,
                              "text": "\ud800b\udc00c\ud83d\ude42"})
        client.socket.send_frame(TEXT, escaped.encode())
        same("text", client.expect("message")["text"], "\ufffdb\ufffdc🙂")

    def text_without_anything_to_see_is_refused(self):
        client = self.member()
        for text in ("", " ", " \n\t ", "\u00a0\u2003\u3000", "\x00\x07\x7f\x85", " \x01 ",
                     "\u200b", "\u2800", "\u3164", "\xad", "\ufe0f", "\u202e", "\U000e0041", "\ufeff\u200d ",
                     "\ufffc", "\U0001d159", "\U00016fe4\U00013441"):
            client.refused("text_invalid", "send", room=self.room, text=text)
        same("messages", client.history()["messages"], [])

    def text_has_at_most_4000_code_points(self):
        client = self.member()
        for text in ("x", "x" * 4000, "🙂" * 4000, "\x01" * 50 + "x" * 4000):
            client.expect("message", id=client.send(text)["id"], text=text.lstrip("\x01"))
        for text in ("x" * 4001, "é" * 4001, "x" + "\n" * 4000):
            client.refused("text_invalid", "send", room=self.room, text=text)

    def sending_a_ref_again_makes_no_second_message(self):
        key = fresh_key()
        first = self.member("Ada", key)
        ack = first.send("once", ref="same")
        repeated = {**ack, "duplicate": True}
        same("second ack", first.send("once", ref="same"), repeated)
        same("ack for another text", first.send("twice", ref="same"), repeated)
        first.socket.drop()
        second = self.member("Ada", key, room=fresh("r"))
        same("ack in another room, reconnected", second.send(ref="same"), repeated)
        same("messages of the other room", second.history()["messages"], [])
        second.join(self.room)
        same("messages", ids_of(second.arrived()), [ack["id"]])

    def refs_belong_to_their_user_and_to_accepted_messages(self):
        ada, bob = self.member(), self.member()
        ada.refused("text_invalid", "send", room=self.room, text="", ref="same")
        acks = [ada.send(ref="same"), bob.send(ref="same")]
        same("duplicate", [ack["duplicate"] for ack in acks], [False, False])
        same("messages", ids_of(ada.history()["messages"]), ids_of(acks))

    def messages_are_rate_limited_by_user(self):
        key = fresh_key()
        client, twin = self.member("Ada", key), self.member("Ada", key)
        refs = [fresh("ref") for _ in range(2 * BURST)]
        twin_refs = [fresh("ref") for _ in range(BURST)]
        client.tell_many(self.messages(refs))
        answers = [client.answer(ref) for ref in refs]
        twin.tell_many(self.messages(twin_refs))
        twin_answers = [twin.answer(ref) for ref in twin_refs]
        same("answers to a burst", [answer["type"] for answer in answers[:BURST]], ["ack"] * BURST)
        for what, group in (("the user", answers), ("the user's other connection", twin_answers)):
            limited = [answer for answer in group if answer["type"] == "error"]
            holds(f"rate_limited for {what}", limited, group)
            for each in limited:
                same("code", each["code"], "rate_limited")
                holds("retryMs above 0", each.get("retryMs", 0) > 0, each)
        same("duplicate while limited", client.send(ref=refs[0])["duplicate"], True)
        time.sleep(limited[-1]["retryMs"] / 1000 + 0.05)
        retried = twin.send(ref=limited[-1]["ref"])
        same("duplicate after retryMs", retried["duplicate"], False)

    def duplicates_cost_no_message(self):
        client = self.member()
        client.send(ref="first")
        for _ in range(2 * BURST):
            same("duplicate", client.send(ref="first")["duplicate"], True)
        for _ in range(BURST - 1):
            same("duplicate", client.send()["duplicate"], False)

    def typing_reaches_the_other_users_only(self):
        key = fresh_key()
        ada, twin = self.member("Ada", key), self.member("Ada", key)
        bob = self.member()
        ada.tell("typing", ref="unanswered", room=self.room)
        bob.expect("typing", room=self.room, user=owner_named(ada, "Ada"))
        for client in (ada, twin):
            client.is_alive()
            same("events of typing", [e for e in client.log if e["type"] == "typing"], [])
        same("answers to typing", [e for e in ada.log if e.get("ref") == "unanswered"], [])


class History(Chat):
    def history_pages_both_ways(self):
        client = self.member()
        same("history of an empty room", client.history()["messages"], [])
        sent = [client.send(str(number))["id"] for number in range(7)]
        for bounds, expected, more in (
                ({}, sent, False), ({"limit": 3}, sent[4:], True), ({"limit": 7}, sent, False),
                ({"before": sent[4], "limit": 3}, sent[1:4], True),
                ({"before": sent[1], "limit": 3}, sent[:1], False),
                ({"before": sent[0]}, [], False), ({"before": OLDEST_ID}, [], False),
                ({"before": NEWEST_ID, "limit": 1}, sent[6:], True),
                ({"after": sent[1], "limit": 3}, sent[2:5], True),
                ({"after": sent[4]}, sent[5:], False), ({"after": sent[6]}, [], False),
                ({"after": NEWEST_ID}, [], False),
                ({"after": OLDEST_ID, "limit": 2}, sent[:2], True)):
            page = client.history(**bounds)
            same(f"messages with {bounds}", ids_of(page["messages"]), expected)
            direction = "moreAfter" if "after" in bounds else "more"
            same(f"{direction} with {bounds}", page[direction], more)
        texts = [message["text"] for message in client.history()["messages"]]
        same("texts", texts, list("0123456"))

    def limits_outside_1_to_200_are_refused_or_clamped(self):
        client = self.member()
        for limit in (0, -1, 201):
            answer = client.ask("history", room=self.room, limit=limit)
            seen = answer.get("code", answer["type"])
            holds("bad_request or history", seen in ("bad_request", "history"), answer)

    def a_newcomer_gets_the_newest_200_and_a_returning_client_all(self):
        start = self.member().joined["head"]
        sent = self.fill(23, "x" * 1000)
        newcomer, returning = self.member(), self.member(since=start)
        same("messages", ids_of(newcomer.arrived()), sent[-200:])
        same("complete, more", (newcomer.joined["complete"], newcomer.joined["more"]), (True, True))
        page = newcomer.history(limit=200)
        same("messages with limit 200", ids_of(page["messages"]), sent[-200:])
        same("more with limit 200", page["more"], True)
        same("history without limit", ids_of(newcomer.history()["messages"]), sent[-50:])
        same("messages since the start", ids_of(returning.arrived(since=start)), sent)
        joined = returning.joined
        same("complete, more", (joined["complete"], joined["more"]), (True, False))

    def since_brings_what_came_after_it(self):
        ada = self.member()
        start = ada.joined["head"]
        sent = [ada.send()["id"]]
        position = self.member(room=fresh("r")).send()["id"]
        sent += [ada.send()["id"], ada.send()["id"]]
        head = self.member().joined["head"]
        holds("a head not before the last message", head >= sent[2], head)
        for since, expected in ((start, sent), (sent[0], sent[1:]), (position, sent[1:]),
                                (sent[2], []), (head, [])):
            client = self.member(since=since)
            same("messages", ids_of(client.arrived(since)), expected)
            same("complete", client.joined["complete"], True)
            if len(client.joined["messages"]) == len(expected) > 0:
                same("more", client.joined["more"], expected != sent)
        late = ada.send()["id"]
        same("messages since head", ids_of(self.member(since=head).arrived(head)), [late])

    def a_since_newer_than_anything_is_not_complete(self):
        ada = self.member()
        sent = [ada.send()["id"] for _ in range(3)]
        client = self.member(since=NEWEST_ID)
        same("complete", client.joined["complete"], False)
        same("messages", ids_of(client.arrived()), sent)
        same("messages since 1970", ids_of(self.member(since=OLDEST_ID).arrived()), sent)


class Presence(Chat):
    def joins_and_leaves_are_told_to_the_others(self):
        ada, bob = self.member(), self.member("Bob")
        presence = ada.told("joined", bob.id)
        same("joined", presence["joined"], [{"id": bob.id, "name": "Bob"}])
        same("count", presence["count"], 2)
        bob.ask("leave", room=self.room)
        presence = ada.told("left", bob.id)
        same("left and count", (presence["left"], presence["count"]), ([bob.id], 1))

    def presence_is_a_net_change(self):
        ada, bob, cleo = self.member(), self.user(), self.user()
        join, leave = command("join", room=self.room), command("leave", room=self.room)
        bob.tell_many([join, leave] * 3)
        cleo.tell_many([join, leave, join, command("rename", name="Cleo")])
        dan = self.member()
        ada.told("joined", dan.id)
        ada.listen(PRESENCE_DELAY)
        known = {user["id"]: user["name"] for user in ada.joined["members"]}
        for presence in [event for event in ada.log if event["type"] == "presence"]:
            for user in told_names(presence):
                known[user["id"]] = user["name"]
            for user_id in presence.get("left", []):
                known.pop(user_id, None)
        same("members as told", known, {ada.id: ada.name, cleo.id: "Cleo", dan.id: dan.name})
        same("count", presence["count"], 3)

    def a_user_stays_while_one_connection_is_in_the_room(self):
        key = fresh_key()
        ada, first = self.member(), self.member("Bob", key)
        second, third = self.member("Bob", key), self.member("Bob", key)
        first.socket.drop()
        second.ask("leave", room=self.room)
        ada.listen(GRACE + PRESENCE_DELAY + 0.3)
        same("mentions", ada.mentions(third.id), ["joined"])
        third.ask("leave", room=self.room)
        ada.told("left", third.id)

    def a_lost_user_leaves_after_the_grace_period_and_holds_its_name(self):
        ada, bob, impostor = self.member(), self.member("Bob"), self.user("Bob")
        ada.told("joined", bob.id)
        lost = time.monotonic()
        bob.socket.drop()
        impostor.refused("name_taken", "join", room=self.room)
        ada.told("left", bob.id)
        took, longest = time.monotonic() - lost, GRACE + PRESENCE_DELAY + 0.5
        holds(f"a leave told {GRACE} to {longest} s later", GRACE - 0.05 < took < longest, took)
        impostor.join(self.room)

    def a_reload_makes_nobody_leave_and_join(self):
        key = fresh_key()
        ada, bob = self.member(), self.member("Bob", key)
        ada.told("joined", bob.id)
        bob.socket.close()
        same("count after the reload", self.member("Bob", key).joined["count"], 2)
        ada.listen(GRACE + PRESENCE_DELAY + 0.3)
        same("mentions", ada.mentions(bob.id), ["joined"])

    def leaving_frees_the_name_at_once(self):
        self.member("Bob").ask("leave", room=self.room)
        same("count", self.member("Bob").joined["count"], 1)

    def a_rename_holds_for_all_connections_of_the_user(self):
        elsewhere, key = fresh("r"), fresh_key()
        bob, cleo = self.member(), self.member(room=elsewhere)
        first, second = self.member("Ada", key), self.member("Ada", key)
        second.join(elsewhere)
        renamed, you = first.ask("rename", name="Ada L"), {"id": first.id, "name": "Ada L"}
        same("renamed", (renamed["type"], renamed["you"]), ("renamed", you))
        for member in (second, bob, cleo):
            member.told_name(you)
            joined = self.member(room=member.room).joined
            holds(f"{you} among the members", you in joined["members"], joined)
        second.send()
        same("user of a message", cleo.expect("message")["user"], you)

    def the_latest_hello_names_all_connections_of_the_user(self):
        key = fresh_key()
        bob, first = self.member(), self.member("Ada", key)
        bob.told("joined", first.id)
        second = self.user("Ada K", key)
        bob.told_name({"id": second.id, "name": "Ada K"})
        first.send()
        same("user of a message", bob.expect("message")["user"], {"id": first.id, "name": "Ada K"})


class Names(Chat):
    def a_name_that_looks_the_same_is_taken(self):
        self.member("Coda")
        bob = self.member("Bob")
        same_case_digit_small_capitals_wide = "Coda", "CODA", "C0da", "ᴄᴏᴅᴀ", "Ｃｏｄａ"
        for name in same_case_digit_small_capitals_wide:
            self.user(name).refused("name_taken", "join", room=self.room)
            bob.refused("name_taken", "rename", name=name)
        some_cyrillic_or_greek = "Соdа", "Cοda", "Codа", "СΟdΑ"
        for name in some_cyrillic_or_greek:
            self.connect().refused("name_invalid", "hello", name=name)
            bob.refused("name_invalid", "rename", name=name)
        bob.send()
        same("name after refused renames", bob.expect("message")["user"]["name"], "Bob")
        same("rename to a name like one's own", bob.ask("rename", name="BOB")["type"], "renamed")
        same("rename to another name", bob.ask("rename", name="Codas")["type"], "renamed")

    def a_join_with_a_taken_name_changes_nothing(self):
        ada, eve = self.member("Ada"), self.user("Ada")
        eve.refused("name_taken", "join", room=self.room)
        eve.refused("not_joined", "send", room=self.room, text="hi")
        same("rename elsewhere", eve.ask("rename", name="Eve")["type"], "renamed")
        same("count", eve.join(self.room)["count"], 2)
        ada.told("joined", eve.id)
        same("mentions", ada.mentions(eve.id), ["joined"])

    def names_are_normalised_and_counted_in_code_points(self):
        client = self.user()
        for name, normal in (
                ("  Ada \u00a0  L  ", "Ada L"), ("Ａｄａ", "Ada"), ("e\u0301" * 32, "é" * 32),
                ("x" * 32, "x" * 32), ("🙂" * 32, "🙂" * 32), ("❤\ufe0f", "❤\ufe0f"),
                (" " * 40 + "A", "A"), ("Zoë 山田", "Zoë 山田")):
            renamed = client.ask("rename", name=name)
            same(f"name of {name!r}", renamed.get("you", renamed).get("name", renamed), normal)
        for name in ("", "   ", "\u3000", "x" * 33, "🙂" * 33, "\ufdfa" * 2):
            client.refused("name_invalid", "rename", name=name)

    def names_hold_no_invisible_characters(self):
        client = self.user()
        controls = "\x00\x07\x1b\x7f\x80\x9f"
        zero_width = "\u200b\u200c\u200d\u2060\ufeff"
        bidi = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        for character in controls + zero_width + bidi:
            client.refused("name_invalid", "rename", name=f"A{character}da")
        self.connect().refused("name_invalid", "hello", name="A\u202eda")
        for character in ("\u2800\ufffc\u3164\u115f\uffa0\ue000\u0378\U0001d159\U00013441\U00013442"
                          "\U00016fe4\U000e0041\U000e007f"):
            client.refused("name_invalid", "rename", name=f"Ada{character}")

    def marks_and_scripts_in_names_are_restricted(self):
        client = self.user()
        for name in ("\u0301\u0336Ada", "a\u0301\u0301\u0301\u0301", "i\u0307da", "j\u0307an", "Аda",
                     "Νina", "Adա", "ᎪDA", "Иван Ivanov", "علی\u200c", "👩\u200d", "א\u200dב\u200d"):
            client.refused("name_invalid", "rename", name=name)
        for name in ("Боб", "Nguyễn", "علی\u200cرضا", "ශ්\u200dරී", "田中Taro", "김minsu", "İpek",
                     "Ada 👩\u200d👩\u200d👧", "Ada 🇩🇪", "👍🏽", "1\ufe0f\u20e3", "O'Brien", "Ada (home)"):
            renamed = client.ask("rename", name=name)
            same(f"name of {name!r}", renamed.get("you", renamed).get("name", renamed), name)

    def names_that_look_alike_are_one(self):
        holder, impostor = self.member(), self.member()
        for one, other in (
                ("Paul", "PauI"), ("Al", "AI"), ("BILL", "bill"), ("Tom", "Torn"), ("David", "Davicl"),
                ("Will", "VVill"), ("Bob", "B0b"), ("Sam", "5am"), ("Ada", "Ａda"), ("Ada", "ᴀᴅᴀ"),
                ("ADA", "ᎪᎠᎪ"), ("SEN", "ꓢꓰꓠ"), ("COC", "ⲤⲞⲤ"), ("ouo", "օսօ"), ("HAM", "ᕼᗅᗰ"),
                ("O'Brien", "O\u2019Brien"), ("Jean-Luc", "Jean\u2212Luc")):
            same(f"rename to {one}", holder.ask("rename", name=one)["type"], "renamed")
            impostor.refused("name_taken", "rename", name=other)
        for name in ("Ann", "Anna", "Jose", "José", "Müller", "Muller", "王小明", "王小朋"):
            same("joined", self.member(name).joined["type"], "joined")


class Http(Chat):
    def ws_without_a_proper_upgrade_is_426(self):
        same("status", self.http("GET", "/ws")[0], 426)
        for version in ("8", "12", "14"):
            headers = self.upgrade_refused(426, Sec_WebSocket_Version=version)
            same("Sec-WebSocket-Version", headers.get("sec-websocket-version"), "13")

    def foreign_origins_are_403(self):
        here = f"{self.host}:{self.port}"
        for origin in ("http://evil.example", "null", f"http://{self.host}:{self.port + 1}",
                       f"http://{self.host}", f"http://{here}.evil.example", "nonsense"):
            self.upgrade_refused(403, Origin=origin)
        for headers in ({"Origin": f"http://{here}"}, {"Origin": f"https://{here}"},
                        {"Host": "chat.example:81", "Origin": "http://chat.example:81"},
                        {"Host": "chat.example", "Origin": "https://chat.example"}):
            self.connect(**headers).hello("Ada")

    def the_subprotocol_is_echoed_if_offered(self):
        for offered, echoed in (({}, None), ({"Sec_WebSocket_Protocol": "chat.v1"}, "chat.v1"),
                                ({"Sec_WebSocket_Protocol": "soap, chat.v1"}, "chat.v1"),
                                ({"Sec_WebSocket_Protocol": "soap"}, None)):
            client = self.connect(**offered)
            client.hello("Ada")
            seen = client.socket.headers.get("sec-websocket-protocol")
            same(f"subprotocol after {offered}", seen, echoed)

    def other_methods_are_405_with_allow(self):
        for method, path, allowed in (("POST", "/ws", {"GET"}), ("POST", "/healthz", {"GET", "HEAD"})):
            status, headers, _ = self.http(method, path)
            same(f"status of {method} {path}", status, 405)
            allow = {each.strip() for each in headers.get("Allow", "").split(",")}
            holds(f"{allowed} in Allow of {path}", allowed <= allow, allow)

    def unknown_paths_are_404(self):
        for path in ("/no/such/path", "/ws/deeper"):
            same(f"status of {path}", self.http("GET", path)[0], 404)

    def health_is_told(self):
        status, headers, body = self.http("GET", "/healthz")
        same("status and body", (status, json.loads(body)["status"]), (200, "ok"))
        same("kind", headers.get_content_type(), "application/json")

    def metrics_are_told_as_text_for_prometheus(self):
        status, headers, body = self.http("GET", "/metrics")
        same("status and kind", (status, headers["Content-Type"]),
             (200, "text/plain; version=0.0.4; charset=utf-8"))
        types = dict(re.findall(r"^# TYPE (\S+) (counter|gauge|histogram)$", body, re.MULTILINE))
        samples = re.findall(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{.*\})? [0-9.e+-]+$", body, re.MULTILINE)
        same("metrics with samples", set(samples), set(types))
        same("lines", len(samples) + 2 * len(types), len(body.splitlines()))

    def head_is_answered_wherever_get_is(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=WAIT)
        for path in ("/", "/healthz", "/metrics"):
            for method in ("HEAD", "GET"):
                connection.request(method, path)
                response = connection.getresponse()
                response.read()
                same(f"status of {method} {path}", response.status, 200)
        connection.close()


class Alone(Chat):
    def a_since_too_old_brings_the_newest_and_says_so(self):
        start = self.member().joined["head"]
        sent = self.fill(110)
        client = self.member(since=start)
        complete = client.joined["complete"]
        same("messages", ids_of(client.arrived(start)), sent if complete else sent[-200:])
        same("more", client.joined["more"], not complete)

    def a_slow_reader_is_told_of_every_gap(self):
        slow = self.member()
        sent = self.fill(300, "x" * 4000)
        received, gaps, last = [], [], {}
        while sent[-1] not in received[-1:]:
            event = slow.wait("a message or gap", lambda e: e["type"] in ("message", "gap"))
            if event["type"] == "gap":
                gaps.append(event)
            elif event["id"] not in received:
                received.append(event["id"])
                same("id after a gap", last.get("before", event["id"]), event["id"])
            last = event
        missing = {each for each in sent for gap in gaps if gap["after"] < each < gap["before"]}
        same("order of messages", received, sorted(received))
        same("messages lost without a gap", set(sent) - set(received) - missing, set())
        same("messages received from within a gap", set(received) & missing, set())

    def connections_per_address_are_limited(self):
        clients = [self.user_within(2) for _ in range(CONNECTIONS_PER_ADDRESS)]
        self.upgrade_refused(429)
        clients[0].is_alive()
        clients[1].socket.close()
        self.user_within(2)


class Shutdown(Chat):
    def sigterm_says_bye_closes_with_1001_and_lets_nobody_in(self):
        clients = [self.user(), self.member()]
        os.kill(self.server_pid, signal.SIGTERM)
        for client in clients:
            holds("retryMs of 0 or more", client.expect("bye")["retryMs"] >= 0, client.log[-1])
        try:
            same("status of /healthz", self.http("GET", "/healthz")[0], 503)
            self.upgrade_refused(503)
        except (OSError, Closed, http.client.HTTPException):
            pass
        for client in clients:
            client.closed_with(1001)


def checks_of(*groups):
    return [(group, name) for group in groups for name in vars(group) if not name.startswith("_")]


def problem_of(group, name, arguments):
    """What went wrong in a check, or None."""
    chat = group(arguments.host, arguments.port, arguments.server_pid)
    try:
        getattr(chat, name)()
    except Failed as failure:
        return str(failure)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[1].lineno
        return f"expected no exception, saw {type(error).__name__} in line {place}: {error}"
    finally:
        chat.close()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--server-pid", type=int)
    arguments = parser.parse_args()

    together = checks_of(Hello, Commands, Frames, Rooms, Messages, History, Presence, Names, Http)
    alone = checks_of(Alone, *([Shutdown] if arguments.server_pid else []))
    with ThreadPoolExecutor(max_workers=8) as pool:
        problems = list(pool.map(lambda each: problem_of(*each, arguments), together))
    problems += [problem_of(*each, arguments) for each in alone]

    for (_, name), problem in zip(together + alone, problems):
        if problem:
            print(f"FAIL {name.replace('_', ' ')}: {problem}")
    failed = len([problem for problem in problems if problem])
    print(f"{len(problems) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
