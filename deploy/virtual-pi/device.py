"""The daemon's device on trial, as it is seen from outside: pressed, looked at, its MPD and its page asked."""

import functools
import json
import os
import socket
import subprocess
import time
import urllib.request

from machine import Machine, Shell
from panel import LIGHT, WORDS

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "../../tests/golden/panel")


class Untrue(Exception):
    """What a story says did not happen."""


def insist(true, *what):
    if not true:
        raise Untrue(" ".join(str(word) for word in what))


def within(limit, question, *what):
    """Asks until the answer is yes; returns it."""
    answer = soon(limit, question)
    insist(answer, *what, f"(not within {limit} s)")
    return answer


def soon(limit, question):
    """Asks until the answer is yes, or the time is over; returns the answer."""
    until = time.monotonic() + limit
    while True:
        answer = question()
        if answer or time.monotonic() > until:
            return answer
        time.sleep(0.1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@functools.cache
def golden(name):
    """A screen of the golden tests as the wire carries it."""
    with open(os.path.join(GOLDEN, f"{name}.en.240x240.png"), "rb") as file:
        return wired(file.read())


def wired(png):
    """A PNG picture as the wire carries it."""
    return words(subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        check=True, capture_output=True, input=png,
    ).stdout)


def words(rgb):
    return b"".join(WORDS[rgb[start : start + 3]] for start in range(0, len(rgb), 3))


def came(now, before, after):
    """How much of what tells two pictures apart is as in the later one by now, 0 to 1."""
    apart = [place for place in range(0, len(after), 2) if before[place : place + 2] != after[place : place + 2]]
    return sum(now[place : place + 2] == after[place : place + 2] for place in apart) / len(apart)


class Kiosk:
    """The device on trial."""

    def __init__(self, folder):
        self.folder = folder
        self.port, self.door = free_port(), free_port()
        self.measured = []
        self.machine = Machine(
            folder, os.path.join(folder, "kiosk.initramfs"), os.path.join(folder, "kiosk.img"),
            {6600: self.port, 8741: self.door}, line=self.line, name="kiosk",
        )
        self.panel = self.machine.panel
        self.shell = Shell(self.machine)

    def line(self, text):
        if text.startswith("@@"):
            print(text, flush=True)

    def note(self, what, value):
        line = f"{what}: {value}"
        self.measured.append(line)
        print(f"   {line} (emulated)", flush=True)

    # What is asked inside.

    def uptime(self):
        return float(self.shell.run("cut -d' ' -f1 /proc/uptime"))

    def show(self, unit, name):
        return self.shell.run(f"systemctl show {unit} -p {name} --value")

    def log(self, since=0.0):
        """The daemon's lines as (seconds of uptime, words), from that time on."""
        lines = self.shell.run("journalctl -u moodbox -o short-monotonic --no-hostname --no-pager -q").splitlines()
        found = []
        for line in lines:
            head, _, rest = line.partition("] ")
            head = head.strip("[ ")
            if head.replace(".", "").isdigit() and float(head) >= since:
                found.append((float(head), rest))
        return found

    def logged(self, text, since=0.0):
        """When the daemon first said so, if it did."""
        return next((at for at, line in self.log(since) if text in line), None)

    def last_words(self):
        """What the daemon and MPD said last, and who holds the sound card: for a story that failed."""
        yield from (f"{at:9.3f} {line}" for at, line in self.log()[-15:])
        for command in (
            "journalctl -u mpd -n 12 -o short-monotonic --no-hostname --no-pager -q",
            "grep -H . /proc/asound/Loopback/pcm0p/sub*/status",
            "for fd in /proc/[0-9]*/fd/*; do to=$(readlink $fd); case $to in /dev/snd/*) echo $fd $to;; esac; done",
        ):
            yield from self.shell.run(command).splitlines()

    # What is seen from outside.

    def shows(self, name, patience=90):
        """The glass shows this screen of the golden tests."""
        wanted = golden(name)
        same = self.panel.shows(lambda: self.panel.pixels == wanted, patience)
        self.keep(name)
        insist(same, f"the panel does not show `{name}`; see panel-{name}.png")

    def keep(self, name):
        with open(os.path.join(self.folder, f"panel-{name}.png"), "wb") as file:
            file.write(self.panel.png())

    def mpd(self, *commands):
        """What MPD says to these commands, as one table."""
        return dict(self.mpd_says(*commands))

    def mpd_says(self, *commands):
        """What MPD says to these commands: names and values."""
        said = []
        try:
            with socket.create_connection(("127.0.0.1", self.port), 20) as connection:
                stream = connection.makefile("rw", encoding="utf-8", newline="\n")
                if not stream.readline().startswith("OK MPD"):
                    return []
                for command in commands:
                    stream.write(command + "\n")
                    stream.flush()
                    for line in stream:
                        if line.startswith(("OK", "ACK")):
                            break
                        name, _, value = line.rstrip("\n").partition(": ")
                        said.append((name, value))
        except OSError:
            return []
        return said

    def playing(self):
        """What MPD plays, or nothing."""
        now = self.mpd("status", "currentsong")
        return now if now.get("state") == "play" else None

    def video(self):
        """The file that mpv shows."""
        ask = (
            'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new("/run/moodbox-video/mpv.sock") or exit 1;'
            'print $s "{\\"command\\":[\\"get_property\\",\\"path\\"]}\\n"; $s->flush;'
            'while (<$s>) { if (/"data":"([^"]*)"/) { print $1; exit } }'
        )
        status, answer = self.shell.status(f"timeout 20 perl -e '{ask}'")
        return answer if status == 0 else ""

    def state(self):
        """What the daemon's page says of it."""
        return self.page("/api/state")

    def page(self, path, body=None):
        """What the daemon's page answers; with a body, what it says to that."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.door}{path}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("X-CSRF-Token", self.page("/api/session")["csrf"])
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = answer.read()
            return json.loads(said) if answer.headers.get_content_type() == "application/json" else said

    def shows_what_was_drawn(self):
        """The glass shows the picture that the daemon drew last, by its page."""
        return self.panel.pixels == wired(self.page("/api/panel.png"))

    def start(self):
        """Starts the daemon; returns once systemd holds it for ready."""
        self.shell.run("systemctl reset-failed moodbox; systemctl start --no-block moodbox")
        within(240, lambda: self.show("moodbox", "ActiveState") == "active", "the daemon is not ready")

    def press(self):
        """A short press that outlives the debounce; returns when the finger came down."""
        return self.machine.press(0.35)

    def press_until(self, felt, *what):
        """The same, and again if a busy host let the button go too soon to be felt."""
        for _ in range(3):
            down = self.press()
            if soon(20, felt):
                return down
        raise Untrue(*what)

    def press_in_idle(self):
        return self.press_until(lambda: self.state()["phase"] != "idle", "a press in idle is not felt")

    def to_idle(self, well=True):
        """A long press stops what plays; what else goes on ends by itself. Where not all is well, the glass says so."""

        def at_rest():
            phase = self.state()["phase"]
            if phase == "playing":
                self.machine.hold(1.5)
                time.sleep(3)
            return phase == "idle"

        within(180, at_rest, "it does not come to rest")
        insist(not self.playing(), "the music goes on")
        if well:
            self.shows("idle")
        else:
            within(90, self.shows_what_was_drawn, "the panel does not show what the daemon drew")
            insist(self.panel.pixels != golden("idle"), "the panel does not say what is wrong")

    def press_to_music(self, limit=120):
        """A press from idle; returns the seconds to the first pixel, to the light, to the music."""
        self.panel.arm()
        lights = len(self.panel.lights)
        begun = self.press_in_idle()
        within(limit, self.playing, "no music came")
        music = time.monotonic() - begun
        lit = [at for at, line, level in self.panel.lights[lights:] if line == LIGHT and level]
        insist(lit, "the light of the camera did not go on")
        insist(self.panel.first, "nothing came over the wire")
        return self.panel.first - begun, lit[0] - begun, music

    def look(self):
        """Presses until a look came to a reading; returns the times of that press, the mood, and the looks."""
        for tries in range(1, 5):
            times, mood = self.press_to_music(), self.state()["mood"]
            if mood and mood["scores"]:
                return times, mood, tries
            # This processor was too slow for the ten seconds that a look may take; something for everybody plays.
            print("   no mood was read within a look", flush=True)
            self.to_idle()
        raise Untrue("no look came to a reading")
