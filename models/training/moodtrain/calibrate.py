"""How far the numbers may be believed, and the sidecar that carries this to the device."""

import json
import os
from pathlib import Path

import numpy as np

from . import MOODS, OTHER, RESOLUTION, VOTE_LOGITS, data

NEUTRAL, SAD, ANGRY = (MOODS.index(m) for m in ("neutral", "sad", "angry"))


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--run", required=True, help="folder of the training run")
    parser.add_argument("--models", required=True, help="folder with mood.tflite, for the sidecar")
    parser.add_argument("--version", default="0.1.0", help="version of the model")
    parser.add_argument("--right", type=float, default=0.93,
                        help="share of sure answers that shall be right on validation")
    parser.add_argument("--right-each", type=float, default=0.86,
                        help="the same for each mood by itself")
    parser.add_argument("--right-sad", type=float, default=0.90,
                        help="the same for sad, where being wrong hurts most")
    parser.add_argument("--lost", type=float, default=0.01,
                        help="share of the clear faces that may be called `other`")
    parser.add_argument("--looks", type=int, default=4,
                        help="how often each validation face is looked at, moved as the face "
                        "finder errs: what is decided here holds for the device's own crops")
    parser.add_argument("--seed", type=int, default=0)


def softmax(logits, temperature=1.0):
    z = logits / temperature
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def read(logits, temperature):
    """What the device makes of the logits: the probabilities of the seven moods among each other,
    and that of `other` among all eight."""
    votes = logits[:, :VOTE_LOGITS]
    return (softmax(votes[:, : len(MOODS)], temperature), softmax(votes, temperature)[:, OTHER])


def fit_temperature(logits, truth):
    """The temperature at which the validation majority is least surprising."""
    grid = np.geomspace(0.1, 4.0, 281)
    loss = [-np.log(softmax(logits, t)[np.arange(len(truth)), truth] + 1e-9).mean() for t in grid]
    return float(grid[int(np.argmin(loss))])


def sure(p, thresholds, margin, other=0.0, limit=1.0):
    """The decision rule of the device: never sure where `other` reaches its limit."""
    top = p.argmax(1)
    ordered = np.sort(p, 1)
    return ((ordered[:, -1] >= thresholds[top]) & (ordered[:, -1] - ordered[:, -2] >= margin)
            & (other < limit))


def lowest_threshold(p_top, right, wanted, floor, fewest=8):
    """The lowest threshold at or above which the answers are right often enough.

    A mood seen too seldom on validation proves nothing; it gets no threshold
    of its own (None).
    """
    for t in np.arange(floor, 0.951, 0.01):
        chosen = p_top >= t
        if chosen.sum() < fewest:
            return None
        # One imagined miss: few pictures must not look like certainty.
        if right[chosen].sum() / (chosen.sum() + 1) >= wanted:
            return float(t)
    return None


def thresholds_for(p, truth, right_all, right_each, right_sad, margin=0.10):
    """Per-mood thresholds: each mood right often enough, and all together too."""
    top, p_top = p.argmax(1), p.max(1)
    right = top == truth
    clear = np.sort(p, 1)[:, -1] - np.sort(p, 1)[:, -2] >= margin
    for floor in np.arange(0.40, 0.93, 0.01):
        found = []
        for mood in range(len(MOODS)):
            mine = (top == mood) & clear
            wanted = right_sad if mood == SAD else right_each
            found.append(lowest_threshold(p_top[mine], right[mine], wanted, floor))
        # Moods without evidence of their own take the strictest that has some.
        known = [t for t in found if t is not None]
        spare = max(known) if known else 0.9
        chosen = np.array([spare if t is None else t for t in found])
        yes = sure(p, chosen, margin)
        if yes.any() and right[yes].mean() >= right_all:
            return chosen, margin
    return np.full(len(MOODS), 0.93), margin


def strengths(p, yes):
    """A sure mood is strong in its upper third and clear in its middle one."""
    top = p.max(1)[yes]
    if not len(top):
        return 0.8, 0.95
    clear, strong = np.quantile(top, [1 / 3, 2 / 3])
    return float(clear), float(max(strong, clear + 0.005))


def moved(images, rng):
    """The faces as the device cuts them: its squares are larger or smaller than the data set's by
    a fifth, turned by some 13 degrees and a little beside (measured on faces put into scenes)."""
    from PIL import Image

    pad, side = RESOLUTION // 2, RESOLUTION
    middle, found = pad + side / 2, []
    for image in images:
        turn, zoom = np.radians(rng.normal(0, 8)), np.exp(rng.normal(0, 0.12))
        dx, dy = rng.normal(0, 0.03 * side, 2)
        c, s = np.cos(turn) * zoom, np.sin(turn) * zoom
        wide = Image.fromarray(np.pad(image, pad, mode="edge"))
        back = (c, s, middle + dx - (c + s) * middle, -s, c, middle + dy + (s - c) * middle)
        warped = wide.transform(wide.size, Image.AFFINE, back, Image.BILINEAR)
        found.append(np.asarray(warped.crop((pad, pad, pad + side, pad + side))))
    return np.stack(found)


def golden_cases(model, folder, wanted=6, tries=700, seed=0):
    """Drawn faces, one for each mood the network finds in them, the plainest of each."""
    from PIL import Image

    from . import synthetic_faces

    rng = np.random.default_rng(seed)
    pictures = np.stack([
        synthetic_faces.face(MOODS[i % len(MOODS)], rng, wild=0.35) for i in range(tries)])
    raw = model.raw(pictures).astype(int)
    said = raw[:, : len(MOODS)]
    ordered = np.sort(said, 1)
    lead = ordered[:, -1] - ordered[:, -2]
    best = []
    for mood in range(len(MOODS)):
        mine = np.flatnonzero(said.argmax(1) == mood)
        if len(mine):
            best.append(mine[lead[mine].argmax()])
    best.sort(key=lambda i: -lead[i])
    chosen = [i for i in best if lead[i] >= 8][:wanted]
    for i in np.argsort(-lead):
        if len(chosen) < min(4, wanted) and i not in chosen:
            chosen.append(i)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    cases = []
    for n, i in enumerate(chosen):
        Image.fromarray(pictures[i]).save(folder / f"{n}.png", optimize=True)
        cases.append((f"{folder.name}/{n}.png", raw[i].tolist()))
    return cases


def taught_by(recipe):
    """The teachers of a run in words."""
    names = {"mobilenet": "MobileNetV1", "resnet": "ResNet-18"}
    found = [f"{names[t['net']]} at {t['size']} px for {t['epoch']:g} epochs"
             for t in recipe["teachers"]]
    if not found:
        return ""
    return (f", {recipe['distil']:g} of the targets what its teachers ({'; '.join(found)}) answer "
            "to the same view")


def made_by(export):
    """The recipe of a run in words."""
    r, start = export["recipe"], export["recipe"].get("start")
    text = (f"models/training: MobileNetV1 {r['width']:g}, two heads, on FER2013 train with the "
            "FER+ votes")
    text += f", from {start['origin']}" if start else ", from random weights"
    if start and start["fitted"]:
        text += f", {' and '.join(start['fitted'])} head by softmax regression on its means"
    if export["step"]:
        for one in r.get("before", []):
            text += f", to epoch {one['until']:g} at learning rate {one['rate']:g}{taught_by(one)}"
        text += (f", then to epoch {export['epoch']:g} at learning rate {r['rate']:g}"
                 f"{taught_by(r)}; {export['size']} px, batches of {r['batch']}, label head "
                 f"weighed {r['label']:g}, balance {r['balance']:g}, {r['disturbed']:g} of the "
                 f"pictures disturbed, mixup {r['mixup']:g}, averaged weights, seed {r['seed']}")
    if export.get("aware"):
        text += f", {export['aware']} batches of tuning on int8's steps"
    if export.get("neutral"):
        text += f", {export['neutral']:g} added to the votes head's logit of neutral"
    return text + f"; int8 after training on {export['pictures']} pictures"


def sidecar(version, model, digest, text, temperature, chosen, margin, limit, strength,
            cases):
    def number(x):
        return repr(round(float(x), 4))

    lines = [
        "# Written by models/training, which measured every number here; not for editing.",
        f'version = "{version}"',
        'file = "mood.tflite"',
        f'sha256 = "{digest}"',
        f'made_by = "{text}"',
        "# The outputs in their order: those that decide, then the head of the official label.",
        "labels = [" + ", ".join(f'"{m}"' for m in (*MOODS, "other")) + "]",
        "label_head = [" + ", ".join(f'"{m}"' for m in MOODS) + "]",
        "",
        "[input]",
        f"size = {model.size}",
        f"resolution = {RESOLUTION}",
        f"scale = {model.input_scale!r}",
        f"zero_point = {model.input_zero}",
        "",
        "[output]",
        f"scale = {model.scale!r}",
        f"zero_point = {model.zero}",
        "",
        "[calibration]",
        f"temperature = {number(temperature)}",
        "",
        "[decision]",
        f"margin = {number(margin)}",
        f"other = {number(limit)}",
        "",
        "[decision.threshold]",
        *[f"{m} = {number(t)}" for m, t in zip(MOODS, chosen)],
        "",
        "[strength]",
        f"clear = {number(strength[0])}",
        f"strong = {number(strength[1])}",
    ]
    for image, logits in cases:
        lines += ["", "[[golden]]", f'image = "{image}"', f"logits = {logits}"]
    return "\n".join(lines) + "\n"


def run(args):
    """Fit temperature and thresholds on validation, and write the sidecar."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from .quantize import Int8Model, sha256

    models = Path(args.models)
    model = Int8Model(models / "mood.tflite")
    export = json.loads((Path(args.run) / "exported.json").read_text())
    digest = sha256(models / "mood.tflite")
    if export["sha256"] != digest:
        raise SystemExit(f"calibrate: {models / 'mood.tflite'} is not the file that "
                         f"{args.run} exported last; run quantize again")
    val = data.Prepared(args.work, "val")
    agreed = val.majority >= 0
    images, truth = val.images[agreed], val.majority[agreed]
    rng = np.random.default_rng(args.seed)
    looks = [images] + [moved(images, rng) for _ in range(args.looks)]
    logits = np.concatenate([model.logits(one) for one in looks])
    truths = np.tile(truth, len(looks))
    temperature = round(fit_temperature(logits[:, : len(MOODS)], truths), 4)
    p, other = read(logits, temperature)
    # What ships is rounded; what is measured must be what ships.
    limit = round(float(np.quantile(other, 1 - args.lost)), 4)
    kept = other < limit
    chosen, margin = thresholds_for(
        p[kept], truths[kept], args.right, args.right_each, args.right_sad)
    chosen = np.round(chosen, 4)
    yes = sure(p, chosen, margin, other, limit)
    strength = strengths(p, yes)
    cases = golden_cases(model, models / "golden", seed=args.seed)
    (models / "mood.toml").write_text(sidecar(
        args.version, model, digest, made_by(export), temperature, chosen, margin, limit,
        strength, cases))
    print(f"temperature {temperature:.3f}, margin {margin}, other from {limit:.3f}")
    for mood, t in zip(MOODS, chosen):
        print(f"  {mood:9} sure from {t:.2f}")
    right = p.argmax(1) == truths
    for name, here in (("as they are", slice(0, len(truth))), ("moved", slice(len(truth), None))):
        if yes[here].any():
            print(f"validation faces {name}: right {100 * right[here].mean():.1f} %, sure "
                  f"{100 * yes[here].mean():.1f} %, then right "
                  f"{100 * right[here][yes[here]].mean():.1f} %")
    calm = p[: len(truth)][truth == NEUTRAL].argmax(1)
    if len(calm):
        print("validation faces that are neutral, as they are: read as sad or angry "
              f"{100 * np.isin(calm, (SAD, ANGRY)).mean():.1f} %")
    if val.other.any():
        found = read(model.logits(val.images[val.other]), temperature)[1] >= limit
        print(f"other: {int(found.sum())} of {len(found)} found")
    print(f"{len(cases)} golden cases: "
          + ", ".join(MOODS[int(np.argmax(logits[: len(MOODS)]))] for _, logits in cases))
