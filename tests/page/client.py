"""A client by openapi-python-client against a device of its own."""

import importlib
import pathlib
import pkgutil
import subprocess
import sys

from device import PASSWORD, device, wait_for

HERE = pathlib.Path(__file__).resolve().parent


def generate(one):
    """The client's package, generated from what the device serves; every module of it imported."""
    # The description is there for everybody, and a warning means a part that the generator left out.
    done = subprocess.run(
        ["openapi-python-client", "generate", "--url", f"{one.address}api/openapi.json", "--meta", "none",
         "--output-path", one.place / "moodbox_client", "--config", HERE / "client.yaml", "--fail-on-warning"],
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(one.place))
    package = importlib.import_module("moodbox_client")
    for module in pkgutil.walk_packages(package.__path__, "moodbox_client."):
        importlib.import_module(module.name)
    return package


def call(name):
    return importlib.import_module(f"moodbox_client.api.default.{name}")


def main():
    with device(days=30, locked=True) as one:
        package = generate(one)
        models = importlib.import_module("moodbox_client.models")
        home = package.AuthenticatedClient(base_url=one.address.rstrip("/"), token=PASSWORD)
        state = lambda: call("state").sync(client=home)

        assert state().phase.value == "idle", state()
        pressed = call("press").sync_detailed(client=home)
        assert pressed.status_code == 202, pressed
        wait_for("the session that was asked for", lambda: state().phase.value == "playing")
        assert state().mood.mood.value == "happy", state().mood
        for body, name in ((models.VolumeBody(percent=22), "volume"), (models.SleepBody(minutes=5), "sleep")):
            assert call(name).sync_detailed(client=home, body=body).status_code == 202, name
        wait_for("the volume that was asked for", lambda: state().volume == 22)
        for name in ("like", "next_", "stop"):
            assert call(name).sync_detailed(client=home).status_code == 202, name
        wait_for("the end of the session", lambda: state().phase.value == "idle")
        for name in ("health", "library", "templates", "settings", "history", "device", "model", "log"):
            read = call(name).sync_detailed(client=home)
            assert read.status_code == 200 and read.parsed is not None, (name, read)
        # What is refused is told as the one shape of faults, in words.
        loud = call("volume").sync_detailed(client=home, body=models.VolumeBody(percent=100))
        assert loud.status_code == 422 and isinstance(loud.parsed, models.Fault) and loud.parsed.error, loud
        stranger = package.AuthenticatedClient(base_url=one.address.rstrip("/"), token="wrong")
        assert call("press").sync_detailed(client=stranger).status_code == 401
        assert "panicked" not in one.log.read_text()
    print("the generated client read, pressed and was refused as described")


if __name__ == "__main__":
    main()
