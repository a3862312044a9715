"""Home Assistant with a broker and a device of their own: entities, a press, a look, each of the three that goes and
comes back, the end of the device."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/page"))

from device import device, end, free_port, wait_for  # noqa: E402 (found by the line before)

PUBLISH = '["playing", "volume", "health", "counts", "events"]'
COMMANDS = '["press", "next", "stop", "like", "not_so", "mood", "volume", "sleep", "quiet"]'
# Hours that are never now for long: what they do to a session is not what is tried here.
HOUSE = '[house]\nquiet = { from = "00:00", to = "00:01", volume = 25, start = true }\n'

# What comes of it: the entities of each kind, by the ends of their names.
EXPECTED = {
    "binary_sensor": ["problem"],
    "button": ["like", "next", "not_so", "press", "stop"],
    "event": ["what_happens"],
    "number": ["sleep_timer", "volume"],
    "select": ["mood_by_hand"],
    "sensor": ["looks", "now_playing", "phase", "visits"],
    "switch": ["quiet_hours"],
}
NAMES = sorted(f"{kind}/{name}" for kind, ends in EXPECTED.items() for name in ends)

# Always known. The others are so once they were used, or while something plays.
KNOWN = ["binary_sensor/problem", "number/sleep_timer", "number/volume", "sensor/looks", "sensor/phase", "sensor/visits", "switch/quiet_hours"]

# Seconds within which a home that answers again shows everything of the device.
SOON = 10


class Home:
    """Home Assistant by its own interface."""

    def __init__(self, place):
        self.place = place
        self.config = place / "home"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.word = None
        self.process = None

    def start(self):
        # What it would install by itself is left out: only what is pinned runs.
        command = [ROOT / "target/home-tools/bin/hass", "--config", self.config, "--skip-pip"]
        self.process = begin(command, self.place / "home.log")
        wait_for("Home Assistant", lambda: self.is_up() or self.process.poll() is not None, 300)
        assert self.process.poll() is None, (self.place / "home.log").read_text()

    def stop(self):
        """As its own restart does, with time to write down what it knows."""
        self.process.terminate()
        self.process.wait(90)

    def restart(self, meanwhile=lambda: None):
        """Seconds from the first answer until everything of the device is there."""
        self.stop()
        meanwhile()
        self.start()
        return self.complete()

    def complete(self):
        """Seconds until every entity can be used and says what it always says."""

        def is_there():
            states = {name: one["state"] for name, one in self.states().items()}
            away = [name for name in NAMES if states.get(name, "unavailable") == "unavailable"]
            return not away and not [name for name in KNOWN if states[name] == "unknown"]

        begun = time.monotonic()
        wait_for("everything of the device", is_there, 120)
        return time.monotonic() - begun

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


def begin(command, log):
    with open(log, "ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, "TZ": "UTC"})


class Broker:
    """mosquitto, which forgets what was retained when it ends."""

    def __init__(self, place):
        self.place = place
        self.port = free_port()
        self.process = None
        (place / "mosquitto.conf").write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")

    def start(self):
        self.process = begin(["mosquitto", "-c", self.place / "mosquitto.conf"], self.place / "mosquitto.log")

    def restart(self, meanwhile=lambda: None):
        end(self.process)
        meanwhile()
        self.start()

    def retained(self):
        """What it keeps, by topic."""
        listen = ["mosquitto_sub", "-p", str(self.port), "-t", "#", "--retained-only", "-W", "1", "-F", "%t"]
        return subprocess.run(listen, capture_output=True, text=True, check=False).stdout.split()

    def forget(self):
        """Takes away all that it keeps, as a person does who cleans up."""
        for topic in self.retained():
            subprocess.run(["mosquitto_pub", "-p", str(self.port), "-t", topic, "-r", "-n"], check=True)
        assert not self.retained()


@contextlib.contextmanager
def started(one):
    one.start()
    try:
        yield one
    finally:
        end(one.process)


def home_assistant(place):
    home = Home(place)
    home.config.mkdir()
    (home.config / "configuration.yaml").write_text(
        f"""homeassistant:
  name: Home
  unit_system: metric
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: {home.port}
logger:
  default: warning
"""
    )
    return started(home)


# What it says while its broker is away, which is our doing.
BROKER_AWAY = ("The connection was lost", "Failed to connect to MQTT server", "Connection refused")


def complaints(place):
    """What Home Assistant says of the device and of what it sent."""
    lines = (place / "home.log").read_text().splitlines()
    bad = [line for line in lines if "WARNING" in line or "ERROR" in line]
    of_us = [line for line in bad if "moodbox" in line or "homeassistant.components.mqtt" in line]
    return [line for line in of_us if not any(word in line for word in BROKER_AWAY)]


def now(one):
    with urllib.request.urlopen(f"{one.address}api/state", timeout=10) as answer:
        return json.load(answer)


def titles(one):
    """What plays, on either player; what is heard depends on the template."""
    state = now(one)
    return [playing["title"] for playing in (state["music"], state["video"]) if playing]


def session(home, one):
    """One session, begun and ended from the home."""
    wait_for("the entities", lambda: len(home.states()) >= len(NAMES), 120)
    assert sorted(home.states()) == NAMES, sorted(home.states())
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


def shown(home):
    """What a person reads of the device: buttons and the event show when they were used last, and not by us."""
    return {name: state["state"] for name, state in home.states().items() if not name.startswith(("button/", "event/"))}


def comes_back(home, broker, one):
    """Each of the three goes and comes back, in idle and in a session; afterwards everything is there and right."""
    home.call("number/sleep_timer", "set_value", value=45)
    wait_for("the sleep timer", lambda: home.state("number/sleep_timer") in ("45", "45.0"))
    home.call("switch/quiet_hours", "turn_off")
    wait_for("the switch", lambda: home.state("switch/quiet_hours") == "off")
    before = shown(home)

    # The home, in idle. It has to be told anew, because nobody keeps it.
    took = {"home": home.restart(broker.forget)}
    assert shown(home) == before, (before, shown(home))

    # What was set in idle is so in the next session, which the home that has just started can begin and end.
    home.call("button/press", "press")
    wait_for("the session", lambda: home.state("sensor/phase") == "playing")
    wait_for("a title", lambda: home.state("sensor/now_playing") in titles(one))
    assert 40 <= float(home.state("number/sleep_timer")) <= 45, home.state("number/sleep_timer")

    # The home, while something plays.
    took["home, in a session"] = home.restart()
    wait_for("the session again", lambda: home.state("sensor/phase") == "playing")
    wait_for("the title again", lambda: home.state("sensor/now_playing") in titles(one))
    home.call("button/next", "press")
    home.call("button/stop", "press")
    wait_for("the end of the session", lambda: home.state("sensor/phase") == "idle")

    # The device, killed and started while the home is away: the broker has told its last will meanwhile.
    def killed():
        one.process.kill()
        one.process.wait()
        one.start()

    took["device, while the home is away"] = home.restart(killed)
    wait_for("the device to rest", lambda: home.state("sensor/phase") == "idle")
    # The device, which is still away when the home is back.
    one.restart(lambda: (home.stop(), home.start(), away(home)))
    took["device"] = home.complete()

    # The broker, which forgets everything. Home Assistant tries again each ten seconds.
    begun = time.monotonic()
    broker.restart(lambda: away(home))
    home.complete()
    took["broker"] = time.monotonic() - begun
    wait_for("the device to rest", lambda: home.state("sensor/phase") == "idle")
    home.call("number/volume", "set_value", value=19)
    wait_for("the volume that was asked for", lambda: home.state("number/volume") in ("19", "19.0"))
    for what, seconds in took.items():
        print(f"{what}: everything is there again after {seconds:.1f} s")
    late = {what: seconds for what, seconds in took.items() if seconds > SOON + (15 if what == "broker" else 0)}
    assert not late, late


def away(home):
    wait_for("the device to be away", lambda: {state["state"] for state in home.states().values()} == {"unavailable"})


def ends(home, one):
    """Away, back without discovery: what stood at the broker is taken back."""

    def silent():
        away(home)
        one.config.write_text(one.config.read_text() + 'discovery = ""\n')

    one.restart(silent)
    wait_for("the entities to go", lambda: not home.states())


def main():
    with tempfile.TemporaryDirectory(prefix="moodbox-home-") as place:
        place = pathlib.Path(place)
        broker = Broker(place)
        mqtt = f'[mqtt]\nbroker = "mqtt://127.0.0.1:{broker.port}"\nid = "kitchen"\nname = "Kitchen moodbox"\n'
        mqtt += f"publish = {PUBLISH}\ncommands = {COMMANDS}\n"
        with started(broker), home_assistant(place) as home:
            home.enter()
            home.connect(broker.port)
            with device(more=HOUSE + mqtt) as one:
                session(home, one)
                comes_back(home, broker, one)
                ends(home, one)
                assert "panicked" not in one.log.read_text()
            said = complaints(place)
            assert not said, "\n".join(said)
    print("Home Assistant found the device, pressed, saw the session, found it again, and forgot it")


if __name__ == "__main__":
    main()
