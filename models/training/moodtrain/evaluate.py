"""What the shipped file does: figures on the test part, by the device's own rule."""

import json
import os
import time
import tomllib
from pathlib import Path

import numpy as np

from . import MOODS, RESOLUTION, VOTE_LOGITS, data
from .calibrate import SAD, read, softmax, sure

BINS = 15


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--models", required=True, help="folder with mood.tflite and mood.toml")
    parser.add_argument("--run", help="training run, to compare with its float weights")
    parser.add_argument("--report", required=True, help="JSON file to write")
    parser.add_argument("--part", default="test", choices=["val", "test"])
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


def figures(p, truth, yes=None):
    """The figures of one truth (official label, or majority of the voters). `yes` marks where the
    device would be sure; without it, as for the head that decides nothing, it never is."""
    guess, table = p.argmax(1), confusion(p.argmax(1), truth)
    right = guess == truth
    yes = np.zeros(len(truth), bool) if yes is None else yes
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
    """Median milliseconds of processor time of one inference on one thread: others may be using the
    machine, which still costs time where they share its caches."""
    steps = np.zeros((1, model.size, model.size, 1), np.int8)
    steps[0, :, :, 0] = np.resize(image, (model.size, model.size)).astype(np.int16) - 128
    spent = []
    for i in range(rounds + 20):
        model.runner.set_tensor(model.input["index"], steps)
        began = time.thread_time()
        model.runner.invoke()
        if i >= 20:
            spent.append(1000 * (time.thread_time() - began))
    return float(np.median(spent))


def run(args):
    """Measure the shipped file on the test part and write a JSON report."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from .quantize import Int8Model, sha256

    models = Path(args.models)
    card = tomllib.loads((models / "mood.toml").read_text())
    digest = sha256(models / card["file"])
    if digest != card["sha256"]:
        raise SystemExit(f"evaluate: {card['file']} does not have the sha256 of its sidecar")
    model, part = Int8Model(models / card["file"]), data.Prepared(args.work, args.part)
    temperature = card["calibration"]["temperature"]
    thresholds = np.array([card["decision"]["threshold"][m] for m in MOODS])
    margin, limit = card["decision"]["margin"], card["decision"]["other"]

    def decide(logits):
        """Probabilities of the moods, and where the device would be sure, or see `other`."""
        p, other = read(logits, temperature)
        return p, sure(p, thresholds, margin, other, limit), other >= limit

    logits = model.logits(part.images)
    (p, yes, none), agreed = decide(logits), part.majority >= 0
    official = softmax(logits[:, VOTE_LOGITS:])
    fresh = ~part.seen
    truth = part.majority
    report = {
        "version": card["version"], "sha256": digest, "made_by": card["made_by"],
        "part": args.part, "bytes": (models / card["file"]).stat().st_size,
        "input": card["input"], "temperature": temperature, "margin": margin, "other": limit,
        "thresholds": card["decision"]["threshold"], "strength": card["strength"],
        "load": [round(os.getloadavg()[0], 1), os.cpu_count()],
        "milliseconds": time_of(model, part.images[0]),
        "data": data.facts(args.work),
        "ferplus": figures(p[agreed], truth[agreed], yes[agreed]),
        "ferplus_fresh": figures(
            p[agreed & fresh], truth[agreed & fresh], yes[agreed & fresh]),
        "label": figures(official, part.labels),
        "label_fresh": figures(official[fresh], part.labels[fresh]),
        "label_by_votes": float((p.argmax(1) == part.labels).mean()),
        "ferplus_by_label": float((official.argmax(1) == truth)[agreed].mean()),
    }
    neutral = agreed & (truth == MOODS.index("neutral"))
    report["neutral_read_as"] = {
        m: float((p.argmax(1) == i)[neutral].mean()) if neutral.any() else None
        for i, m in enumerate(MOODS)}
    mirrored = (read(model.logits(part.images[:, :, ::-1]), temperature)[0] + p) / 2
    report["ferplus_with_mirror"] = float((mirrored.argmax(1) == truth)[agreed].mean())
    odd = part.other
    report["none"] = {
        "n": int(odd.sum()), "found": int(none[odd].sum()), "sure": int(yes[odd].sum()),
        "sure_sad": int((yes & odd & (p.argmax(1) == SAD)).sum()),
        "clear": int(agreed.sum()), "clear_lost": int(none[agreed].sum()),
        "clear_lost_right": int((none & (p.argmax(1) == truth))[agreed].sum())}
    if args.run:
        from .network import logits_of
        from .quantize import network_of

        net, note = network_of(args.run)
        if note["sha256"] != digest:
            raise SystemExit(f"evaluate: {args.run} exported another file last")
        exact = logits_of(net, part.images, model.size)
        mood = exact[:, : len(MOODS)].argmax(1)
        report["float"] = {
            "ferplus": float((mood == truth)[agreed].mean()),
            "label": float((exact[:, VOTE_LOGITS:].argmax(1) == part.labels).mean()),
            "same_winner": float((mood == p.argmax(1)).mean())}
    if not args.quick:
        rng = np.random.default_rng(args.seed)
        report["robustness"] = []
        for name, disturb in disturbances():
            bad, y, _ = decide(model.logits(disturb(part.images, rng)))
            right = (bad.argmax(1) == truth)[agreed]
            there = neutral[agreed]
            report["robustness"].append({
                "name": name, "ferplus": float(right.mean()),
                "neutral": float(right[there].mean()) if there.any() else None,
                "sure_share": float(y[agreed].mean()),
                "sure_accuracy": float(right[y[agreed]].mean()) if y[agreed].any() else None})
            print(f"{name:22} {100 * right.mean():.1f} %", flush=True)
    if args.scenes:
        from . import scenes

        report["scenes"] = found = scenes.compare(model, args.scenes, part)
        print(f"scenes: ready crop {100 * found['ready']:.1f} %, found, aligned and decided "
              f"{100 * found['device']:.1f} %, no face in {found['n'] - found['found']} of "
              f"{found['n']}", flush=True)
    Path(args.report).parent.mkdir(parents=True, exist_ok=True)
    Path(args.report).write_text(json.dumps(report, indent=1) + "\n")
    for key in ("ferplus", "ferplus_fresh", "label", "label_fresh"):
        f = report[key]
        right = "-" if f["sure_accuracy"] is None else f"{100 * f['sure_accuracy']:.1f} %"
        print(f"{key:14} n {f['n']}, accuracy {100 * f['accuracy']:.2f} %, macro F1 "
              f"{100 * f['macro_f1']:.1f}, ECE {100 * f['ece']:.1f}, sure "
              f"{100 * f['sure_share']:.1f} %, then right {right}")
    shares = ", ".join(f"{m} {100 * v:.1f}" for m, v in report["neutral_read_as"].items() if v)
    print(f"neutral faces are read as (%): {shares}")
    print(f"with the mirror image {100 * report['ferplus_with_mirror']:.2f} %; official label by "
          f"the votes head {100 * report['label_by_votes']:.2f} %")
    n = report["none"]
    print(f"other: {n['found']} of {n['n']} found; {n['clear_lost']} of {n['clear']} clear faces "
          f"called so, {n['clear_lost_right']} of them read rightly")
    if args.run:
        print(f"float {100 * report['float']['ferplus']:.2f} %, "
              f"same winner {100 * report['float']['same_winner']:.1f} %")
    print(f"{report['milliseconds']:.2f} ms at a load of {report['load'][0]} on "
          f"{report['load'][1]} cores, {report['bytes']} bytes")
