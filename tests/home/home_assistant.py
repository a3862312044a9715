"""Home Assistant with a broker and a device of their own: entities, a press, a look, the end of the device."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/page"))

from device import device, end, free_port, wait_for  # noqa: E402 (found by the line before)

PUBLISH = '["playing", "volume", "health", "counts", "events"]'
COMMANDS = '["press", "next", "stop", "like", "volume", "sleep"]'

# What comes of it: the entities of each kind, by the ends of their names.
EXPECTED = {
    "binary_sensor": ["problem"],
    "button": ["like", "next", "press", "stop"],
    "event": ["what_happens"],
    "number": ["sleep_timer", "volume"],
    "sensor": ["looks", "now_playing", "phase", "visits"],
}


class Home:
    """Home Assistant by its own interface."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"
        self.word = None

    def ask(self, method, path, body=None, form=False):
        data = None if body is None else (urllib.parse.urlencode(body) if form else json.dumps(body)).encode()
        headers = {"Authorization": f"Bearer {self.word}"} if self.word else {}
        if data and not form:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.address + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith(("{", "[")) else text

    def is_up(self):
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            return self.ask("GET", "/api/onboarding")
        return None

    def enter(self):
        """The first user, as the first page of a new installation makes one."""
        client = self.address + "/"
        person = {"client_id": client, "name": "Ann", "username": "ann", "password": "only for the tests", "language": "en"}
        code = self.ask("POST", "/api/onboarding/users", person)["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client}
        self.word = self.ask("POST", "/auth/token", grant, form=True)["access_token"]

    def connect(self, port):
        """The broker, as the dialogue of its MQTT integration asks for it."""
        flow = self.ask("POST", "/api/config/config_entries/flow", {"handler": "mqtt", "show_advanced_options": False})
        done = self.ask("POST", f"/api/config/config_entries/flow/{flow['flow_id']}", {"broker": "127.0.0.1", "port": port})
        assert done["type"] == "create_entry", done

    def states(self):
        """Everything that there is of the device, as kind/end of the name."""
        found = {}
        for state in self.ask("GET", "/api/states"):
            kind, name = state["entity_id"].split(".")
            if "moodbox" in name or "kitchen" in name:
                end = name.removeprefix("kitchen_moodbox_").removeprefix("moodbox_kitchen_")
                found[f"{kind}/{end}"] = state
        return found

    def state(self, name):
        return self.states().get(name, {}).get("state")

    def call(self, name, service, **data):
        state = self.states()[name]
        kind = state["entity_id"].split(".")[0]
        return self.ask("POST", f"/api/services/{kind}/{service}", {"entity_id": state["entity_id"], **data})


@contextlib.contextmanager
def running(command, log):
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, "TZ": "UTC"})
        try:
            yield process
        finally:
            end(process)


@contextlib.contextmanager
def home_assistant(place):
    port = free_port()
    config = place / "home"
    config.mkdir()
    (config / "configuration.yaml").write_text(
        f"""homeassistant:
  name: Home
  unit_system: metric
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: {port}
logger:
  default: warning
"""
    )
    # What it would install by itself is left out: only what is pinned runs.
    command = [ROOT / "target/home-tools/bin/hass", "--config", config, "--skip-pip"]
    with running(command, place / "home.log") as process:
        home = Home(port)
        wait_for("Home Assistant", lambda: home.is_up() or process.poll() is not None, 300)
        assert process.poll() is None, (place / "home.log").read_text()
        yield home


def complaints(place):
    """What Home Assistant says of the device and of what it sent."""
    lines = (place / "home.log").read_text().splitlines()
    words = ("moodbox", "homeassistant.components.mqtt")
    return [line for line in lines if any(level in line for level in ("WARNING", "ERROR")) and any(word in line for word in words)]


def now(one):
    with urllib.request.urlopen(f"{one.address}api/state", timeout=10) as answer:
        return json.load(answer)


def session(home, one):
    """One session, begun and ended from the home."""
    names = sorted(f"{kind}/{name}" for kind, ends in EXPECTED.items() for name in ends)
    wait_for("the entities", lambda: len(home.states()) >= len(names), 120)
    assert sorted(home.states()) == names, sorted(home.states())
    # Numbers and the event have no state before the first message, and that comes a moment after the entity.
    wait_for("the device to rest", lambda: home.state("sensor/phase") == "idle")
    wait_for("the counts", lambda: home.state("sensor/looks") == "0")
    wait_for("its health", lambda: home.state("binary_sensor/problem") == "off")
    home.call("button/press", "press")
    wait_for("the session", lambda: home.state("sensor/phase") == "playing")
    wait_for("a title", lambda: home.state("sensor/now_playing") not in (None, "unknown", "unavailable"))
    wait_for("the look to be counted", lambda: home.state("sensor/looks") == "1")
    happened = wait_for("the event", lambda: home.states()["event/what_happens"]["attributes"].get("event_type"))
    assert happened in ("press", "look", "mood"), happened
    home.call("number/volume", "set_value", value=23)
    wait_for("the volume that was asked for", lambda: now(one)["volume"] == 23)
    wait_for("the volume as it is", lambda: home.state("number/volume") in ("23", "23.0"))
    home.call("button/stop", "press")
    wait_for("the end of the session", lambda: home.state("sensor/phase") == "idle")


def again(home, one):
    """Away, back without discovery: what stood at the broker is taken back."""

    def silent():
        wait_for("the device to be away", lambda: {state["state"] for state in home.states().values()} == {"unavailable"})
        one.config.write_text(one.config.read_text() + 'discovery = ""\n')

    one.restart(silent)
    wait_for("the entities to go", lambda: not home.states())


def main():
    with tempfile.TemporaryDirectory(prefix="moodbox-home-") as place:
        place = pathlib.Path(place)
        broker = free_port()
        (place / "mosquitto.conf").write_text(f"listener {broker} 127.0.0.1\nallow_anonymous true\n")
        mqtt = f'[mqtt]\nbroker = "mqtt://127.0.0.1:{broker}"\nid = "kitchen"\nname = "Kitchen moodbox"\n'
        mqtt += f"publish = {PUBLISH}\ncommands = {COMMANDS}\n"
        with running(["mosquitto", "-c", place / "mosquitto.conf"], place / "mosquitto.log"), home_assistant(place) as home:
            home.enter()
            home.connect(broker)
            with device(more=mqtt) as one:
                session(home, one)
                again(home, one)
                assert "panicked" not in one.log.read_text()
            said = complaints(place)
            assert not said, "\n".join(said)
    print("Home Assistant found the device, pressed, saw the session, and forgot the device")


if __name__ == "__main__":
    main()
