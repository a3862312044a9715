"""What the shipped file does: figures on the test part, by the device's own rule."""

import json
import os
import time
import tomllib
from pathlib import Path

import numpy as np

from . import MOODS, RESOLUTION, data
from .calibrate import SAD, softmax, sure

BINS = 15


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--models", required=True, help="folder with mood.tflite and mood.toml")
    parser.add_argument("--run", help="training run, to compare with its float weights")
    parser.add_argument("--report", required=True, help="JSON file to write")
    parser.add_argument("--part", default="test", choices=["val", "test"])
    parser.add_argument("--backbones", help="backbones.json, to stand in the report too")
    parser.add_argument("--scenes", help="folder that scenes made and the device's crops are in")
    parser.add_argument("--quick", action="store_true", help="leave out the robustness table")
    parser.add_argument("--seed", type=int, default=0)


def _each(images, work):
    from PIL import Image

    return np.stack([np.asarray(work(Image.fromarray(i)), np.uint8) for i in images])


def _bytes(x):
    return np.clip(np.round(x), 0, 255).astype(np.uint8)


def _jpeg(quality):
    import io

    from PIL import Image

    def work(picture):
        held = io.BytesIO()
        picture.save(held, "JPEG", quality=quality)
        return Image.open(held)

    return lambda images, rng: _each(images, work)


def _warp(turn=0.0, right=0.0, down=0.0, zoom=1.0):
    """The crop that a finder would cut when it errs; beyond the edge, the edge goes on."""
    from PIL import Image

    pad, mid = RESOLUTION // 2, (RESOLUTION - 1) / 2 + RESOLUTION // 2
    c, s = np.cos(np.radians(turn)) / zoom, np.sin(np.radians(turn)) / zoom
    dx, dy = right * RESOLUTION, down * RESOLUTION
    # PIL counts from pixel corners, the centre of the face lies at mid + 0.5.
    m = mid + 0.5
    a = (c, s, m + dx - c * m - s * m, -s, c, m + dy + s * m - c * m)

    def work(picture):
        wide = Image.fromarray(np.pad(np.asarray(picture), pad, mode="edge"))
        warped = wide.transform(wide.size, Image.AFFINE, a, Image.BILINEAR)
        return warped.crop((pad, pad, pad + RESOLUTION, pad + RESOLUTION))

    return lambda images, rng: _each(images, work)


def _blur(radius):
    from PIL import ImageFilter

    return lambda images, rng: _each(
        images, lambda p: p.filter(ImageFilter.GaussianBlur(radius)))


def disturbances():
    """Name, what is done to the 48-pixel crop."""
    return [
        ("darkened to 40 %", lambda x, rng: _bytes(x * 0.4)),
        ("overexposed by 60 %", lambda x, rng: _bytes(x * 1.6)),
        ("blurred, sigma 1 px", _blur(1.0)),
        ("noise, sigma 12", lambda x, rng: _bytes(x + rng.normal(0, 12, x.shape))),
        ("JPEG quality 30", _jpeg(30)),
        ("rotated +15 degrees", _warp(turn=15)),
        ("rotated -15 degrees", _warp(turn=-15)),
        ("shifted 8 % right", _warp(right=-0.08)),
        ("shifted 8 % left", _warp(right=0.08)),
        ("shifted 8 % down", _warp(down=-0.08)),
        ("shifted 8 % up", _warp(down=0.08)),
        ("face 12 % smaller", _warp(zoom=0.88)),
        ("face 12 % larger", _warp(zoom=1.12)),
    ]


def confusion(guess, truth):
    table = np.zeros((len(MOODS), len(MOODS)), int)
    np.add.at(table, (truth, guess), 1)
    return table


def by_mood(table):
    """Recall, precision, false acceptance and rejection of each mood."""
    rows = {}
    for i, mood in enumerate(MOODS):
        hit, said, real = table[i, i], table[:, i].sum(), table[i].sum()
        others = table.sum() - real
        rows[mood] = {
            "n": int(real),
            "recall": float(hit / max(1, real)),
            "precision": float(hit / max(1, said)),
            "f1": float(2 * hit / max(1, said + real)),
            "false_acceptance": float((said - hit) / max(1, others)),
            "false_rejection": float((real - hit) / max(1, real)),
        }
    return rows


def calibration_error(p_top, right):
    """Expected calibration error and its bins: (confidence, accuracy, count)."""
    place = np.minimum((p_top * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for b in range(BINS):
        here = place == b
        if here.any():
            said, was = float(p_top[here].mean()), float(right[here].mean())
            bins.append([said, was, int(here.sum())])
            error += here.mean() * abs(said - was)
    return float(error), bins


def figures(p, truth, thresholds, margin):
    """The figures of one truth (official label, or majority of the voters)."""
    guess, table = p.argmax(1), confusion(p.argmax(1), truth)
    right = guess == truth
    yes = sure(p, thresholds, margin)
    error, bins = calibration_error(p.max(1), right)
    order = np.argsort(-p.max(1), kind="stable")
    gained = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    coverage = [[(k + 1) / len(order), float(gained[k])]
                for k in np.linspace(0, len(order) - 1, 60).astype(int) if k >= 20]
    moods = by_mood(table)
    sad_said = yes & (guess == SAD)
    return {
        "n": len(truth),
        "accuracy": float(right.mean()),
        "macro_f1": float(np.mean([m["f1"] for m in moods.values() if m["n"]])),
        "confusion": table.tolist(),
        "moods": moods,
        "ece": error,
        "calibration": bins,
        "coverage": coverage,
        "sure_share": float(yes.mean()),
        "sure_accuracy": float(right[yes].mean()) if yes.any() else None,
        "sure_by_mood": {
            m: [int((yes & (guess == i)).sum()), int((yes & right & (guess == i)).sum())]
            for i, m in enumerate(MOODS)},
        "sad_sure_wrong": int((sad_said & ~right).sum()),
    }


def time_of(model, image, rounds=300):
    """Median milliseconds of one inference on one thread."""
    steps = np.zeros((1, model.size, model.size, 1), np.int8)
    steps[0, :, :, 0] = np.resize(image, (model.size, model.size)).astype(np.int16) - 128
    spent = []
    for i in range(rounds + 20):
        model.runner.set_tensor(model.input["index"], steps)
        began = time.perf_counter()
        model.runner.invoke()
        if i >= 20:
            spent.append(1000 * (time.perf_counter() - began))
    return float(np.median(spent))


def run(args):
    """Measure the shipped file on the test part and write a JSON report."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from .quantize import Int8Model, network_of, sha256

    models = Path(args.models)
    card = tomllib.loads((models / "mood.toml").read_text())
    digest = sha256(models / card["file"])
    if digest != card["sha256"]:
        raise SystemExit(f"evaluate: {card['file']} does not have the sha256 of its sidecar")
    model, part = Int8Model(models / card["file"]), data.Prepared(args.work, args.part)
    temperature = card["calibration"]["temperature"]
    thresholds = np.array([card["decision"]["threshold"][m] for m in MOODS])
    margin = card["decision"]["margin"]

    logits = model.logits(part.images)
    p, agreed = softmax(logits, temperature), part.majority >= 0
    fresh = ~part.seen
    export = json.loads((Path(args.run) / "exported.json").read_text())
    report = {
        "learnt_validation": bool(export["recipe"].get("all")),
        "version": card["version"], "sha256": digest, "made_by": card["made_by"],
        "part": args.part, "bytes": (models / card["file"]).stat().st_size,
        "input": card["input"], "temperature": temperature, "margin": margin,
        "thresholds": card["decision"]["threshold"], "strength": card["strength"],
        "milliseconds": time_of(model, part.images[0]),
        "data": data.facts(args.work),
        "label": figures(p, part.labels, thresholds, margin),
        "label_fresh": figures(p[fresh], part.labels[fresh], thresholds, margin),
        "ferplus": figures(p[agreed], part.majority[agreed], thresholds, margin),
        "ferplus_fresh": figures(
            p[agreed & fresh], part.majority[agreed & fresh], thresholds, margin),
    }
    yes = sure(p, thresholds, margin)
    odd = part.no_mood
    report["fits_nothing"] = {
        "n": int(odd.sum()), "sure": int(yes[odd].sum()),
        "sure_sad": int((yes & odd & (p.argmax(1) == SAD)).sum())}
    if args.run:
        from .train import logits_of

        net, note = network_of(args.run, "exported")
        if note["sha256"] != digest:
            raise SystemExit(f"evaluate: {args.run} exported another file last")
        exact = logits_of(net, part.images, model.size)
        report["float"] = {
            "accuracy": float((exact.argmax(1) == part.labels).mean()),
            "ferplus": float((exact.argmax(1) == part.majority)[agreed].mean())
            if agreed.any() else None,
            "same_winner": float((exact.argmax(1) == logits.argmax(1)).mean())}
    if not args.quick:
        rng = np.random.default_rng(args.seed)
        report["robustness"] = []
        for name, disturb in disturbances():
            bad = softmax(model.logits(disturb(part.images, rng)), temperature)
            y = sure(bad, thresholds, margin)
            right = bad.argmax(1) == part.labels
            agreed_right = (bad.argmax(1) == part.majority)[agreed]
            report["robustness"].append({
                "name": name, "accuracy": float(right.mean()),
                "ferplus": float(agreed_right.mean()) if agreed.any() else None,
                "sure_share": float(y[agreed].mean()) if agreed.any() else None,
                "sure_accuracy": float(agreed_right[y[agreed]].mean())
                if y[agreed].any() else None})
            print(f"{name:22} {100 * right.mean():.1f} %", flush=True)
    if args.backbones:
        report["backbones"] = json.loads(Path(args.backbones).read_text())
    if args.scenes:
        from . import scenes

        report["scenes"] = found = scenes.compare(model, args.scenes)
        print(f"scenes: ready crop {100 * found['ready']:.1f} %, found, aligned and read "
              f"{100 * found['device']:.1f} %, no face in {found['n'] - found['found']} of "
              f"{found['n']}", flush=True)
    Path(args.report).parent.mkdir(parents=True, exist_ok=True)
    Path(args.report).write_text(json.dumps(report, indent=1) + "\n")
    for key in ("label", "label_fresh", "ferplus", "ferplus_fresh"):
        f = report[key]
        right = "-" if f["sure_accuracy"] is None else f"{100 * f['sure_accuracy']:.1f} %"
        print(f"{key:14} n {f['n']}, accuracy {100 * f['accuracy']:.2f} %, macro F1 "
              f"{100 * f['macro_f1']:.1f}, ECE {100 * f['ece']:.1f}, sure "
              f"{100 * f['sure_share']:.1f} %, then right {right}")
    if args.run:
        print(f"float accuracy {100 * report['float']['accuracy']:.2f} %, "
              f"same winner {100 * report['float']['same_winner']:.1f} %")
    print(f"{report['milliseconds']:.2f} ms, {report['bytes']} bytes")
