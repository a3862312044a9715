"""What a stranger may send to the page's address without an end: it is cut off, and nobody else waits or pays for it."""

import contextlib
import json
import pathlib
import socket
import threading
import time
import urllib.request

import pytest

# More than any of these may add to the memory of the device, in megabytes, in a build without optimisation.
MOST = 40
# The page waits 30 s for a body; what is too long or broken ends at once.
PATIENCE = 45


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory):
    from device import device

    with device() as one:
        yield one


def ask(one, path):
    with urllib.request.urlopen(one.address + path, timeout=10) as answer:
        return json.load(answer)


def peak(one):
    status = pathlib.Path(f"/proc/{one.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def head(one, line, *more):
    fields = [f"Host: {one.address.split('/')[2]}", *more]
    if not line.startswith("GET"):
        fields += [f"X-CSRF-Token: {ask(one, 'api/session')['csrf']}", "Content-Type: application/json"]
    return "\r\n".join([f"{line} HTTP/1.1", *fields, ""]).encode()


def answer(one, first, again=b""):
    """What comes back when something is said, and then something else over and over, until the page has enough."""
    host, port = one.address.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as link:
        link.sendall(first)

        def flood():
            with contextlib.suppress(OSError):
                while again:
                    link.sendall(again)

        threading.Thread(target=flood, daemon=True).start()
        said = b""
        with contextlib.suppress(ConnectionError):
            while piece := link.recv(65536):
                said += piece
        return said.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")


CHUNKED = ["Transfer-Encoding: chunked"]
# What is asked, with which fields, how the body begins (none: the head does not end), what follows for ever, the answer.
WITHOUT_AN_END = {
    "chunks": ("POST /api/mood", CHUNKED, b"", b"1\r\na\r\n" * 5000, b"413"),
    "an extension of a chunk": ("POST /api/mood", CHUNKED, b"1;", b"a" * 65536, b"400"),
    "trailers": ("POST /api/press", CHUNKED, b"0\r\n", b"X: y\r\n" * 1000, b"400"),
    "fields of a head": ("GET /", [], None, b"X: y\r\n" * 1000, b"431"),
    "a body that does not come": ("POST /api/mood", ["Content-Length: 50", "Expect: 100-continue"], b"", b"", b"408"),
}


@pytest.mark.parametrize("what", WITHOUT_AN_END)
def test_what_has_no_end_is_cut_off(open_to_all, what):
    one, (line, fields, body, again, status) = open_to_all, WITHOUT_AN_END[what]
    first = head(one, line, *fields) + (b"" if body is None else b"\r\n" + body)
    before = peak(one)
    said = []
    asking = threading.Thread(target=lambda: said.append(answer(one, first, again)))
    asking.start()
    slowest = 0.0
    while asking.is_alive():
        begun = time.monotonic()
        ask(one, "api/state")
        slowest = max(slowest, time.monotonic() - begun)
        asking.join(0.2)
    assert said[0].startswith(b"HTTP/1.1 " + status), said[0][:300]
    assert slowest < 5, slowest
    assert peak(one) - before < MOST, (before, peak(one))


def test_questions_in_one_go_are_all_answered_and_nobody_waits(open_to_all):
    one = open_to_all
    question = head(one, "GET /api/session") + b"\r\n"
    last = head(one, "GET /api/session", "Connection: close") + b"\r\n"
    before = peak(one)
    assert answer(one, question * 500 + last).count(b"HTTP/1.1 200") == 501
    assert peak(one) - before < MOST


def test_an_upgrade_or_another_protocol_changes_nothing(open_to_all):
    one = open_to_all
    for kind in ("websocket", "h2c", "TLS/1.0"):
        upgrade = ("Connection: Upgrade", f"Upgrade: {kind}", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
        said = answer(one, head(one, "GET /api/session", *upgrade) + b"\r\n" + head(one, "GET /", "Connection: close") + b"\r\n")
        assert said.startswith(b"HTTP/1.1 200"), said[:100]
    for other in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(900), b"\x16\x03\x01\x02\x00\x01" + bytes(500)):
        with contextlib.suppress(ConnectionError):
            assert b" 200 " not in answer(one, other)
    assert ask(one, "api/state")["phase"]
