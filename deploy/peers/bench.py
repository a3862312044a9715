"""usage: deploy/bench-peers [--turns N] [--rounds N] [--labelled DIR [--cropped]] [--markdown] [PHOTO...]

Measures `moodbox look` beside fer (PyPI, with its quickest finder) and human (npm, on WebAssembly), which it installs
from their registries into target/peers. All read the same files, one after another in turns, each turn a new process:

  a photo        from its file to its mood: the median time from one answer to the next
  first answer   from the start of the process to its first answer
  memory         the most that was resident

PHOTO: without any, the two photographs of assets/photos as frames of 640x480, near and further away.
--labelled DIR holds a folder for each mood, as for `moodbox eval`; the share of right answers is told as well.
--cropped says that its pictures are faces, cut out already. MOODBOX names the program to measure; by default it is
target/release/moodbox.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLACE = ROOT / "target/peers"
MOODS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# How many files are named to one process.
BATCH = 2000


def peers():
    moodbox = os.environ.get("MOODBOX", str(ROOT / "target/release/moodbox"))
    if not os.access(moodbox, os.X_OK):
        sys.exit(f"bench-peers: there is no {moodbox}: cargo build --release, or name one by MOODBOX")
    return {
        "moodbox": [moodbox, "look", "--json"],
        "fer": [str(PLACE / "python/bin/python"), "-B", str(HERE / "look_with_fer.py")],
        "human": ["node", str(HERE / "look_with_human.mjs")],
    }


def look(command, photos, cropped=False):
    """Runs one process over the photos: its answers, the times at which they came, and its memory in MiB."""
    command = command + (["--cropped"] if cropped else []) + [str(photo) for photo in photos]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    errors = open(PLACE / "errors", "w+", encoding="utf-8")
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=PLACE / "node", env=quiet, stdout=subprocess.PIPE, stderr=errors, text=True)
    answers, times = [], []
    for line in process.stdout:
        if line.startswith("{"):
            answers.append(json.loads(line))
            times.append(time.monotonic() - begun)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if len(answers) != len(photos):
        errors.seek(0)
        sys.exit(f"bench-peers: {command[:3]} read {len(answers)} of {len(photos)} pictures:\n{errors.read()[-2000:]}")
    return answers, times, usage.ru_maxrss / 1024


def mood(answer):
    """What was said of the largest face; none where no face was found."""
    if "mood" in answer:
        return answer["mood"]
    return answer["faces"][0]["mood"] if answer.get("faces") else None


def frames():
    """The photographs of assets/photos as a camera of 640x480 would give them: near, and half as large."""
    from PIL import Image, ImageOps

    folder = PLACE / "frames"
    folder.mkdir(exist_ok=True)
    made = []
    for photo in sorted((ROOT / "assets/photos").iterdir()):
        for size in (480, 240):
            frame = Image.new("RGB", (640, 480), (96, 96, 96))
            face = ImageOps.contain(Image.open(photo).convert("RGB"), (size * 4 // 3, size))
            frame.paste(face, ((640 - face.width) // 2, (480 - face.height) // 2))
            made.append(folder / f"{photo.stem}-{size}.jpg")
            frame.save(made[-1], quality=90)
    return made


def speed(commands, photos, turns, rounds):
    """For each: milliseconds a photo, milliseconds to the first answer and MiB, each the median of its turns."""
    found = {name: [] for name in commands}
    for turn in range(turns + 1):
        for name, command in commands.items():
            _, times, memory = look(command, photos * rounds)
            # The first turn brings the programs into memory, and the first round of each warms it up.
            steady = [b - a for a, b in zip(times, times[1:])][len(photos):]
            if turn:
                found[name].append((1e3 * statistics.median(steady), 1e3 * times[0], memory))
    return {name: tuple(statistics.median(column) for column in zip(*rows)) for name, rows in found.items()}


def accuracy(commands, folder, cropped):
    """For each: the share of all pictures that got the right mood, and of those in which a face was found."""
    pictures = [(path, truth) for truth in MOODS for path in sorted((folder / truth).glob("*")) if path.is_file()]
    if not pictures:
        sys.exit(f"bench-peers: {folder} has no folder with pictures: {', '.join(MOODS)}")
    found = {}
    for name, command in commands.items():
        said = []
        for start in range(0, len(pictures), BATCH):
            answers, _, _ = look(command, [path.resolve() for path, _ in pictures[start:start + BATCH]], cropped)
            said += [mood(answer) for answer in answers]
        right = sum(one == truth for one, (_, truth) in zip(said, pictures))
        seen = sum(one is not None for one in said)
        found[name] = (right / len(pictures), seen / len(pictures))
    return found, len(pictures)


def versions(commands):
    said = subprocess.run([commands["moodbox"][0], "--version"], capture_output=True, text=True, check=True).stdout.split()
    pinned = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    fer = next(line.split("==")[1].split()[0] for line in pinned if line.startswith("fer=="))
    human = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["@vladmandic/human"]
    return {"moodbox": said[-1], "fer": fer, "human": human}


def machine():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")]
    load = os.getloadavg()[0]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}; load {load:.1f} at the start"


def table(figures, judged, named):
    """Ratios to moodbox first."""
    head = ["", "a photo, times", "memory, times", "first answer, times", "a photo", "memory", "first answer"]
    head += ["right", "face found"] if judged else []
    base = figures["moodbox"]
    yield head
    for name, (photo, first, memory) in figures.items():
        row = [f"{name} {named[name]}", *(f"{a / b:.1f}" for a, b in ((photo, base[0]), (memory, base[2]), (first, base[1])))]
        row += [f"{photo:.1f} ms", f"{memory:.0f} MiB", f"{first:.0f} ms"]
        row += [f"{100 * share:.1f} %" for share in judged[name]] if judged else []
        yield row


def main():
    parser = argparse.ArgumentParser(prog="deploy/bench-peers", usage=__doc__.removeprefix("usage: "))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--labelled", type=pathlib.Path)
    parser.add_argument("--cropped", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("photos", nargs="*", type=pathlib.Path)
    asked = parser.parse_args()
    where = machine()
    commands = peers()
    photos = [photo.resolve() for photo in asked.photos] or frames()
    # One warms up; one interval at least is left.
    figures = speed(commands, photos, max(asked.turns, 1), max(asked.rounds, 3))
    judged, count = accuracy(commands, asked.labelled, asked.cropped) if asked.labelled else (None, 0)
    rows = list(table(figures, judged, versions(commands)))
    print(where)
    if judged:
        print(f"{len(photos)} pictures for the times, {count} for the moods")
    print()
    if asked.markdown:
        rows.insert(1, ["---"] + ["---:"] * (len(rows[0]) - 1))
        print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    else:
        widths = [max(map(len, column)) for column in zip(*rows)]
        print("\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows))


if __name__ == "__main__":
    main()
