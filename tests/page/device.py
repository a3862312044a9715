"""A simulated device for the tests of its page: the real program, a real MPD, real mpv."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import debian_mpd  # noqa: E402

BINARY = pathlib.Path(os.environ.get("MOODBOX", ROOT / "target/debug/moodbox")).absolute()
LIBRARY = pathlib.Path(os.environ.get("MOODBOX_LIBRARY", ROOT / "target/demo/library"))
PHOTO = ROOT / "assets/photos/astronaut.png"
PASSWORD = "only for the tests of the page"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(what, ready, seconds=60):
    """Asks until something holds; a real process takes its time, and no longer than this."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = ready()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


class Device:
    """What a test may know of the device that runs."""

    def __init__(self, place, port):
        self.place = place
        self.address = f"http://127.0.0.1:{port}/"
        self.config = place / "moodbox.toml"
        self.log = place / "log"
        self.process = None
        self.environment = {}

    def start(self):
        """Starts the device and waits until its page answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "demo", "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
            )
        wait_for("the page", lambda: self.answers() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def restart(self, meanwhile=lambda: None):
        """As systemd would, with the same files."""
        end(self.process)
        meanwhile()
        self.start()

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.address}api/session", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def end(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def device(mode="household", locked=False, days=0, language="en", more="", own=False, new=False):
    """Starts a device of its own in a folder of its own, with `more` in its configuration, and ends it; `own`: with a
    copy of the library to write to, or an "empty" one; `new`: nobody has gone through the first steps."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="moodbox-page-"))
    port = free_port()
    one = Device(place, port)
    (place / "playlists").mkdir()
    if not new:
        (place / "state/moodbox").mkdir(parents=True)
        (place / "state/moodbox/first-steps-done").touch()
    library = place if own else LIBRARY
    if own:
        for name in ("music", "videos"):
            (place / name).mkdir() if own == "empty" else shutil.copytree(LIBRARY / name, place / name)
    (place / "mpd.conf").write_text(
        debian_mpd.configuration(place, library / "music", 'auto_update "yes"\nmetadata_to_use "+comment"')
    )
    password = ""
    if locked:
        made = subprocess.run([BINARY, "password"], input=PASSWORD, text=True, capture_output=True, check=True)
        (place / "password").write_text(made.stdout)
        password = f'password_file = "{place}/password"'
    one.config.write_text(
        f"""# Kept by the tests.
[device]
mode = "{mode}"   # where it stands
language = "{language}"
[button]
line = "GPIO17"
[camera]
photos = ["{PHOTO}"]
[panel]
png = "{place}/panel.png"
[music]
address = "{place}/socket"
[video]
folders = ["{library}/videos"]
[history]
days = {days}
[web]
listen = "127.0.0.1:{port}"
{password}
{more}"""
    )
    one.environment = {
        **os.environ,
        "XDG_STATE_HOME": str(place / "state"),
        "XDG_RUNTIME_DIR": str(place),
        "MOODBOX_ASSETS": str(ROOT / "assets"),
        "MOODBOX_LOG": "moodbox=info",
    }
    # systemd's own mark: a restart from the page would end the device for good.
    one.environment.pop("INVOCATION_ID", None)
    with open(place / "mpd.log", "wb") as mpd_log:
        mpd = subprocess.Popen(["mpd", "--no-daemon", place / "mpd.conf"], stdout=mpd_log, stderr=mpd_log)
        try:
            wait_for("MPD", (place / "socket").exists)
            one.start()
            yield one
        finally:
            for process in (one.process, mpd):
                if process is not None:
                    end(process)
            shutil.rmtree(place, ignore_errors=True)
