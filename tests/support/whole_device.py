"""The device that ships, with a real MPD and a real mpv (without a screen), and its page to ask it by.

A program that writes as rpicam-vid does stands for the camera (rpicam-vid beside this file), a file for the panel.
"""

import http.client
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import time
import zlib

import debian_mpd

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60


def until(what, happened, pause=0.01):
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > PATIENCE:
            sys.exit(f"waited in vain: {what}")
        time.sleep(pause)
    return time.monotonic() - begun


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def pixels(path):
    """Rows of a PNG without interlace, 8 bits a channel: what moodbox writes and what lies in tests/golden."""
    data = path.read_bytes()
    at, packed = 8, b""
    width = height = channels = 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
            channels = {0: 1, 2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw, wide = zlib.decompress(packed), width * channels
    rows, before = [], bytearray(wide)
    for row in range(height):
        start = row * (wide + 1)
        how, line = raw[start], bytearray(raw[start + 1 : start + 1 + wide])
        for place in range(wide):
            left = line[place - channels] if place >= channels else 0
            above = before[place]
            corner = before[place - channels] if place >= channels else 0
            if how == 1:
                line[place] = (line[place] + left) & 255
            elif how == 2:
                line[place] = (line[place] + above) & 255
            elif how == 3:
                line[place] = (line[place] + (left + above) // 2) & 255
            elif how == 4:
                guess = left + above - corner
                near = sorted((abs(guess - one), order, one) for order, one in enumerate((left, above, corner)))
                line[place] = (line[place] + near[0][2]) & 255
        rows.append(bytes(line))
        before = line
    return rows


class Device:
    def __init__(self, program, folder, times="message_s = 1\nchoose_s = 3"):
        self.folder = folder
        self.panel = folder / "screen/panel.png"
        for name in ("bin", "camera", "music", "video", "screen", "state", "templates/music"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.make("face.yuv", ["-i", str(ROOT / "assets/photos/astronaut.png"), "-vf", "scale=640:480",
                               "-pix_fmt", "yuvj420p", "-f", "rawvideo"])
        shutil.copy(ROOT / "tests/support/rpicam-vid", folder / "bin/rpicam-vid")
        self.camera("well")
        self.make("music/song.ogg", ["-f", "lavfi", "-i", "sine=frequency=330:duration=600"])
        self.make("video/clip.mkv", ["-f", "lavfi", "-i", "color=c=teal:size=64x36:rate=5:duration=600", "-c:v", "mpeg4"])
        self.mpd = None
        self.start_mpd()
        self.port = free_port()
        (folder / "moodbox.toml").write_text(
            f"""
[device]
mode = "household"
[button]
line = "no-such-line"
[camera]
device = "csi"
[panel]
png = "{self.panel}"
[vision]
runtime = "{ROOT}/assets/lib/libtensorflowlite_c.so"
face_model = "{ROOT}/assets/models/face.tflite"
mood_model = "{ROOT}/models/mood.toml"
[templates]
folder = "{folder}/templates"
[times]
{times}
[music]
address = "{folder}/mpd/socket"
[video]
folders = ["{folder}/video"]
output = "null"
[web]
listen = "127.0.0.1:{self.port}"
"""
        )
        places = {"XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run"}
        env = dict(os.environ, **{name: str(folder / place) for name, place in places.items()})
        env.pop("MPD_HOST", None)
        env["PATH"] = f"{folder / 'bin'}:{env['PATH']}"
        env.update(FOLDER=str(folder / "camera"), PICTURE=str(folder / "face.yuv"))
        self.child = subprocess.Popen(
            [program, "run", "--config", folder / "moodbox.toml"],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=open(folder / "log", "w"),
        )
        until("the page to answer", lambda: self.state() is not None)
        until("the library", lambda: self.get("/api/library?kind=music")["total"] > 0)
        until("the videos", lambda: self.get("/api/library?kind=video")["total"] > 0)
        self.csrf = self.get("/api/session")["csrf"]

    def make(self, name, arguments):
        command = ["ffmpeg", "-v", "error", *arguments, str(self.folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    def camera(self, story):
        """How the camera fares from now on: see tests/support/rpicam-vid."""
        (self.folder / "camera/story").write_text(story)

    def start_mpd(self):
        here = self.folder / "mpd"
        here.mkdir(exist_ok=True)
        for name in ("music", "playlists"):
            (here / name).mkdir(exist_ok=True)
        (here / "conf").write_text(debian_mpd.configuration(here, self.folder / "music", 'restore_paused "no"'))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        self.mpd = subprocess.Popen(["mpd", "--no-daemon", here / "conf"], **quiet)

    def kill_mpd(self):
        self.mpd.kill()
        self.mpd.wait()

    def mpv(self):
        told = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        every = [path.read_text().split() for path in told.parent.parent.glob("*/children")]
        for pid in sum(every, []):
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "mpv":
                return int(pid)
        return None

    def waited(self):
        """Seconds that each thread of the device and its players has stood in the line for a processor."""
        line = {}
        mpv = self.mpv()
        for pid in [self.child.pid, self.mpd.pid, *([mpv] if mpv else [])]:
            for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    line[path] = int(path.read_text().split()[1]) / 1e9
                except OSError:
                    pass
        return line

    def ask(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        head = {"X-CSRF-Token": getattr(self, "csrf", ""), "Content-Type": "application/json"}
        link.request(method, path, body=json.dumps(body) if body is not None else None, headers=head)
        text = link.getresponse().read()
        link.close()
        return text

    def get(self, path):
        return json.loads(self.ask("GET", path))

    def state(self):
        try:
            return self.get("/api/state")
        except OSError:
            return None

    def ills(self):
        return {one["part"] for one in self.state()["troubles"]}

    def heard(self):
        state = self.state()
        return state["phase"] == "playing" and (state["music"] or {}).get("ours") and "music" not in self.ills()

    def seconds(self):
        return (self.state()["music"] or {}).get("elapsed_s", 0)

    def rest(self):
        """To idle, and all well."""
        self.ask("POST", "/api/stop", {})
        until("it to rest", lambda: self.state()["phase"] == "idle" and not self.ills() - {"button"})

    def play(self):
        self.rest()
        self.ask("POST", "/api/mood", {"mood": "happy"})
        until("the music to play", lambda: self.heard() and self.seconds() >= 3)
        until("the panel to show it", lambda: self.shown() is not None and not self.shows("chosen"))

    def shown(self):
        try:
            # Reading it takes longer than drawing it: what counts is when it was there.
            self.drawn = self.panel.stat().st_mtime
            return pixels(self.panel)
        except (OSError, zlib.error, struct.error, KeyError, IndexError):
            return None

    def reason(self):
        """The rows of the panel in which the reason stands, right of the face."""
        rows = self.shown()
        return rows and [row[62 * 3 :] for row in rows[10:62]]

    def shows(self, name):
        golden = pixels(ROOT / f"tests/golden/panel/{name}.en.240x240.png")
        rows = self.shown()
        return rows is not None and len(rows) == len(golden) and all(
            max((abs(one - other) for one, other in zip(a, b)), default=255) <= 9 for a, b in zip(rows, golden)
        )

    def told(self, what, happened):
        """Seconds until the panel said something."""
        begun = time.time()
        until(what, happened)
        return max(self.drawn - begun, 0.0)

    def press(self):
        looks = self.state()["looks"]
        self.ask("POST", "/api/press", {})
        return looks

    def well(self):
        """A press that is answered."""
        looks = self.press()
        until("a look", lambda: self.state()["looks"] > looks)

    def end(self):
        self.child.terminate()
        self.child.wait()
        self.mpd.kill()
        self.mpd.wait()
