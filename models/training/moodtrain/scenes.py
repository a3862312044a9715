"""Scenes for the face finder: test faces in larger pictures, and what the device makes of them."""

import json
from pathlib import Path

import numpy as np

from . import MOODS, RESOLUTION, data

WIDTH, HEIGHT = 640, 480


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--out", required=True,
                        help="folder for scenes/MOOD/N.png and ready/MOOD/N.png")
    parser.add_argument("--part", default="test", choices=["val", "test"])
    parser.add_argument("--every", type=int, default=3, help="take every so-manieth picture")
    parser.add_argument("--seed", type=int, default=0)


def ground(rng):
    """A soft, lit wall of some colour."""
    from PIL import Image

    base = rng.uniform(40, 200, 3) + rng.normal(0, 18, (4, 5, 3))
    wall = Image.fromarray(np.clip(base, 0, 255).astype(np.uint8)).resize(
        (WIDTH, HEIGHT), Image.BICUBIC)
    return np.clip(np.asarray(wall, np.float32) + rng.normal(0, 2, (HEIGHT, WIDTH, 1)), 0, 255)


def place(face, rng):
    """A scene with the face in it, and the square that the face fills: left, top, side.

    A crop ends at the chin, a scene does not: beyond its border the picture is
    mirrored and fades into the wall, so that no hard edge gives the face away.
    """
    from PIL import Image

    side = int(rng.integers(110, 260))
    left = int(rng.integers(side // 4, WIDTH - side - side // 4))
    top = int(rng.integers(side // 8, max(side // 8 + 1, HEIGHT - side - side // 4)))
    rim = RESOLUTION // 4
    wide = np.pad(face, rim, mode="symmetric")
    reach = side * wide.shape[0] // RESOLUTION
    big = np.asarray(Image.fromarray(wide).resize((reach, reach), Image.BICUBIC), np.float32)
    line = np.minimum(np.arange(reach), np.arange(reach)[::-1]) / max(1, (reach - side) // 2)
    mask = np.minimum(np.clip(line, 0, 1)[:, None], np.clip(line, 0, 1)[None])[..., None]
    scene, start = ground(rng), ((reach - side) // 2)
    y0, x0 = top - start, left - start
    ys, xs = slice(max(0, y0), min(HEIGHT, y0 + reach)), slice(max(0, x0), min(WIDTH, x0 + reach))
    part = (slice(ys.start - y0, ys.stop - y0), slice(xs.start - x0, xs.stop - x0))
    veil = mask[part]
    scene[ys, xs] = scene[ys, xs] * (1 - veil) + big[part][..., None] * veil
    return np.round(scene).astype(np.uint8), (left, top, side)


def run(args):
    """Put faces of the test part into larger pictures, to try finding and aligning."""
    from PIL import Image

    part, out = data.Prepared(args.work, args.part), Path(args.out)
    rng = np.random.default_rng(args.seed)
    chosen = range(0, len(part), args.every)
    squares = {}
    for mood in MOODS:
        for kind in ("scenes", "ready"):
            (out / kind / mood).mkdir(parents=True, exist_ok=True)
    for i in chosen:
        name = f"{MOODS[part.labels[i]]}/{i:05}.png"
        scene, squares[name] = place(part.images[i], rng)
        Image.fromarray(scene).save(out / "scenes" / name, compress_level=1)
        Image.fromarray(part.images[i]).save(out / "ready" / name)
    (out / "squares.json").write_text(json.dumps(squares) + "\n")
    print(f"{len(squares)} scenes of {WIDTH}x{HEIGHT} in {out}; now cut the faces out of them:\n"
          f"cargo run --release --example crops -- {out}/scenes {out}/cut")


def pairs(folder):
    """The ready crops and those the device cut, in one order, with their names (MOOD/N.png); where
    the device found no face, its crop is None."""
    from PIL import Image

    folder = Path(folder)
    ready, cut, names = [], [], []
    for path in sorted((folder / "ready").glob("*/*.png")):
        other = folder / "cut" / path.parent.name / path.name
        ready.append(np.asarray(Image.open(path)))
        cut.append(np.asarray(Image.open(other)) if other.exists() else None)
        names.append(f"{path.parent.name}/{path.name}")
    if not any(c is not None for c in cut):
        raise SystemExit(f"{folder}: no crop in {folder / 'cut'}; make them with the example crops")
    return np.stack(ready), cut, names


def compare(model, folder, part):
    """What finding and aligning lose against the ready crop, on the same pictures: those of which
    most voters saw one mood, judged by that. A face that is not found counts as wrong."""
    ready, cut, names = pairs(folder)
    truth = part.majority[[int(Path(name).stem) for name in names]]
    clear = truth >= 0
    found = np.array([c is not None for c in cut])
    guess, best = np.full(len(truth), -1), np.full(len(truth), -1)

    def moods(images):
        return model.logits(images)[:, : len(MOODS)].argmax(1)

    guess[found] = moods(np.stack([c for c in cut if c is not None]))
    best = moods(ready)
    return {
        "n": len(truth), "found": int(found.sum()), "clear": int(clear.sum()),
        "ready": float((best == truth)[clear].mean()),
        "device": float((guess == truth)[clear].mean()),
        "ready_where_found": float((best == truth)[clear & found].mean()),
        "device_where_found": float((guess == truth)[clear & found].mean())}


def draw(folder, path, single=None):
    """The mean face of each mood, ready above and cut by the device below. With `single`, also
    some pairs of single faces, which belong to others and are for the eye alone."""
    from PIL import Image

    ready, cut, names = pairs(folder)
    moods = np.array([MOODS.index(name.split("/")[0]) for name in names])
    found = np.array([c is not None for c in cut])
    zoom, gap = 2, 4
    size = RESOLUTION * zoom

    def sheet(columns):
        width = len(columns) * (size + gap) + gap
        page = Image.new("L", (width, 2 * (size + gap) + gap), 255)
        for i, column in enumerate(columns):
            for j, face in enumerate(column):
                big = Image.fromarray(np.round(face).astype(np.uint8)).resize((size, size))
                page.paste(big, (gap + i * (size + gap), gap + j * (size + gap)))
        return page

    def mean(mood):
        here = np.flatnonzero(found & (moods == mood))
        if not len(here):
            return np.full((2, RESOLUTION, RESOLUTION), 255.0)
        return ready[here].mean(0), np.mean([cut[i] for i in here], axis=0)

    sheet([mean(m) for m in range(len(MOODS))]).save(path)
    if single:
        some = np.flatnonzero(found)[:: max(1, int(found.sum()) // 12)][:12]
        sheet([(ready[i], cut[i]) for i in some]).save(single)
