"""What other networks of the chain answer to the training pictures, for a new one to learn from."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np

# Each teacher looks at the face as it is and a little off: pixels right and down.
SHIFTS = {1: [(0, 0)], 3: [(0, 0), (1, 1), (-1, -1)], 5: [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]}


def views(images, shifts):
    """The pictures as a teacher sees them: shifted, and each also in the mirror."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="edge")
    side = images.shape[1]
    for right, down in SHIFTS[shifts]:
        moved = wide[:, 1 - down : 1 - down + side, 1 - right : 1 - right + side]
        yield moved
        yield moved[:, :, ::-1]


def mean_answer(ask, images, shifts):
    """Mean of the probabilities over all teachers (`ask`: pictures to logits) and views."""
    from .calibrate import softmax

    total, count = np.zeros((len(images), 0)), 0
    for one in ask:
        for seen in views(images, shifts):
            p = softmax(one(seen))
            total = p if not count else total + p
            count += 1
    return (total / count).astype(np.float32)


def softened(p, temperature):
    """Probabilities as they would be had the logits been divided by `temperature`."""
    q = np.maximum(p, 1e-6) ** (1 / temperature)
    return (q / q.sum(1, keepdims=True)).astype(np.float32)


def checksum(runs, images, shifts):
    """Changes with the teachers' weights, with the pictures and with how they are looked at."""
    found = hashlib.sha256(f"{shifts} ".encode())
    for run in runs:
        for name in ("average.npz", "average.json"):
            found.update(hashlib.sha256((Path(run) / name).read_bytes()).digest())
    found.update(hashlib.sha256(np.ascontiguousarray(images).tobytes()).digest())
    return found.hexdigest()


def as_int8(run, images):
    """A network of a run by way of its int8 file, which answers several times as fast and nearly
    the same."""
    from .quantize import Int8Model, convert, network_of

    model, note = network_of(run)
    with tempfile.TemporaryDirectory() as held:
        path = Path(held) / "teacher.tflite"
        path.write_bytes(convert(model, note["size"], images, min(300, len(images)), 0))
        return Int8Model(path)


def answers(runs, images, shifts, cache):
    """The teachers' mean answer to each picture, [n, 7]; asked once and kept in `cache`."""
    for run in runs:
        if not (Path(run) / "average.npz").exists():
            raise SystemExit(f"--teacher: {run} holds no averaged weights (average.npz); "
                             "name the folders of finished runs")
    digest = checksum(runs, images, shifts)
    kept = Path(cache) / f"teacher-{digest[:16]}.npz"
    if kept.exists():
        with np.load(kept) as held:
            if str(held["checksum"]) == digest and len(held["p"]) == len(images):
                print(f"the teachers' answers are those in {kept.name}", flush=True)
                return held["p"]
    print(f"asking {len(runs)} teachers about {len(images)} pictures, "
          f"{2 * shifts} looks each", flush=True)
    ask = (as_int8(run, images).logits for run in runs)
    p = mean_answer(ask, images, shifts)
    # Replaced in one move: a run that is stopped here leaves no half of it.
    part = kept.with_suffix(".tmp.npz")
    np.savez(part, p=p, checksum=digest)
    part.replace(kept)
    return p
