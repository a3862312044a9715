"""How far the numbers may be believed, and the sidecar that carries this to the device."""

import json
import os
import tomllib
from pathlib import Path

import numpy as np

from . import MOODS, RESOLUTION, data

SAD = MOODS.index("sad")


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
    parser.add_argument("--decided-by", metavar="SIDECAR",
                        help="take temperature, thresholds and strengths from this sidecar: for a "
                        "run that has learnt the validation part, from the one it went on from")
    parser.add_argument("--seed", type=int, default=0)


def softmax(logits, temperature=1.0):
    z = logits / temperature
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def fit_temperature(logits, truth):
    """The temperature at which the validation majority is least surprising."""
    grid = np.geomspace(0.25, 4.0, 241)
    loss = [-np.log(softmax(logits, t)[np.arange(len(truth)), truth] + 1e-9).mean() for t in grid]
    return float(grid[int(np.argmin(loss))])


def sure(p, thresholds, margin):
    """The decision rule of the device."""
    top = p.argmax(1)
    ordered = np.sort(p, 1)
    return (ordered[:, -1] >= thresholds[top]) & (ordered[:, -1] - ordered[:, -2] >= margin)


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


def decided_by(path):
    """Temperature, thresholds, margin and strengths of a sidecar."""
    card = tomllib.loads(Path(path).read_text())
    decision, strength = card["decision"], card["strength"]
    chosen = np.array([decision["threshold"][mood] for mood in MOODS])
    return (card["calibration"]["temperature"], chosen, decision["margin"],
            (strength["clear"], strength["strong"]))


def golden_cases(model, folder, wanted=6, tries=700, seed=0):
    """Drawn faces, one for each mood the network finds in them, the plainest of each."""
    from PIL import Image

    from . import drawn

    rng = np.random.default_rng(seed)
    pictures = np.stack([
        drawn.face(MOODS[i % len(MOODS)], rng, wild=0.35) for i in range(tries)])
    raw = model.raw(pictures).astype(int)
    ordered = np.sort(raw, 1)
    lead = ordered[:, -1] - ordered[:, -2]
    best = []
    for mood in range(len(MOODS)):
        mine = np.flatnonzero(raw.argmax(1) == mood)
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


def taught(r):
    """What one stretch of training learnt from."""
    text = f"{r['share']:g} part FER+ votes"
    if r.get("all"):
        text = f"the validation part too, {text}"
    if r.get("teacher"):
        text += (f", {r['teacher_share']:g} part of the answer of earlier networks "
                 f"({', '.join(r['teacher'])}) to the face and its mirror image")
    text += f", {r['augment']:g} of the pictures disturbed"
    if r.get("mild"):
        text += " and the others a little"
    if r.get("mixup"):
        text += f", mixup {r['mixup']:g}"
    if r.get("crops"):
        text += (f", {r['crop_share']:g} of the looks at a face that has one being the crop that "
                 "the device cut out of a scene")
    return text


def trained(r, known=None):
    """A run in words, with the runs and models it came from, each told in full once (`known`)."""
    known = set() if known is None else known
    start = "face-pretrained (VGGFace2) weights" if r.get("weights") else "random weights"
    if r.get("origin"):
        start = f"the run '{r['weights']}' ({trained(r['origin'], known)})"
        known.add(r["weights"])
    elif str(r.get("weights")).endswith(".tflite"):
        told = r.get("weights_made_by", "").removeprefix("models/training: ")
        first = told if r["weights"] not in known else ""
        start = (f"an earlier model of this chain ({Path(r['weights']).stem}"
                 + (f": {first})" if first else ")"))
        known.add(r["weights"])
    now, told = taught(r), []
    for one in r.get("past", []):
        if taught(one) != now:
            told.append(f"up to epoch {one['epoch']:g} with {taught(one)}")
    told.append(("then with " if told else "with ") + now)
    text = (f"from {start}, epochs {r['stages']} (px:epochs:frozen blocks), {'; '.join(told)}; "
            "averaged weights")
    if r.get("blend"):
        other = f" '{r['blend_of']['run']}'" if r.get("blend_of") else ""
        text += f" mixed with {r['blend']:g} of the run{other or ' before it'}"
        if r.get("blend_of") and r["blend_of"]["run"] not in known:
            text += f" ({trained(r['blend_of'], known)})"
    if r.get("aware"):
        text += f", {r['aware']} batches of tuning on int8's steps"
    return text


def made_by(export):
    r = export["recipe"]
    towards = "label's" if export["lean"] >= 0 else "voters'"
    return (f"models/training: MobileNetV1 {r['width']:g} on FER2013 train, {trained(r)}, leaning "
            f"{abs(export['lean']):g} to the {towards} frequencies, int8 after training on "
            f"{export['pictures']} pictures")


def sidecar(version, model, digest, text, temperature, chosen, margin, strength, cases):
    def number(x):
        return repr(round(float(x), 4))

    lines = [
        "# Written by models/training, which measured every number here; not for editing.",
        f'version = "{version}"',
        'file = "mood.tflite"',
        f'sha256 = "{digest}"',
        f'made_by = "{text}"',
        "labels = [" + ", ".join(f'"{m}"' for m in MOODS) + "]",
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
    logits, truth = model.logits(val.images[agreed]), val.majority[agreed]
    if args.decided_by:
        temperature, chosen, margin, strength = decided_by(args.decided_by)
    elif export["recipe"].get("all"):
        raise SystemExit("calibrate: this run has learnt the validation part, which can decide "
                         "nothing for it; name the sidecar it went on from with --decided-by")
    else:
        temperature = fit_temperature(logits, truth)
        p = softmax(logits, temperature)
        chosen, margin = thresholds_for(p, truth, args.right, args.right_each, args.right_sad)
        # What ships is rounded; what is measured must be what ships.
        chosen = np.round(chosen, 4)
        strength = strengths(p, sure(p, chosen, margin))
    p = softmax(logits, temperature)
    yes = sure(p, chosen, margin)
    cases = golden_cases(model, models / "golden", seed=args.seed)
    (models / "mood.toml").write_text(sidecar(
        args.version, model, digest, made_by(export), temperature, chosen, margin,
        strength, cases))
    print(f"temperature {temperature:.3f}, margin {margin}")
    for mood, t in zip(MOODS, chosen):
        print(f"  {mood:9} sure from {t:.2f}")
    if yes.any():
        print(f"on validation sure {100 * yes.mean():.1f} %, "
              f"then right {100 * (p.argmax(1) == truth)[yes].mean():.1f} %")
    print(f"{len(cases)} golden cases: "
          + ", ".join(MOODS[int(np.argmax(logits))] for _, logits in cases))
