"""The model card: words about what was measured, written from the report alone."""

import json
from pathlib import Path

import numpy as np

from . import MOODS

UNFIT = """\
- To judge people: hiring, work, school, credit, policing, borders, insurance, health or lie
  detection. In the European Union reading emotions from faces at work and in education is
  forbidden, and elsewhere people must be told before it happens.
- To say what a person feels. It names the expression that most people would see in one picture
  of a face; a face can be neutral and its owner sad.
- On people who did not ask for it by pressing the button, in the background, or without the
  light that shows that the camera runs.
- On children as a group apart, on profiles, covered faces, drawings or animals: the data has few
  of them and nothing here was measured on them.
- Between groups of people: the data names neither age nor sex nor origin, so nothing is known
  about how the errors are spread over them."""


def arguments(parser):
    parser.add_argument("--report", required=True, help="JSON file that evaluate wrote")
    parser.add_argument("--models", required=True, help="folder for MODEL_CARD.md and card/")
    parser.add_argument("--scenes", help="folder of scenes and crops that the report measured")


def decided(report):
    """On what temperature and thresholds were chosen."""
    text = "chosen on validation pictures held out of\ntrain"
    if report.get("learnt_validation"):
        text += (", for the network that this one went on from: these pictures were learnt at last,\n"
                 "and decide nothing any more")
    return text


def learnt(report):
    if not report.get("learnt_validation"):
        return ""
    return (" until everything was\n  chosen, and learnt too by the last run, whose settings were "
            "those of the run before")


def percent(x, digits=1):
    return "-" if x is None else f"{100 * x:.{digits}f} %"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in r) + " |" for r in rows])


def _plot():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 9, "figure.dpi": 90, "savefig.bbox": "tight"})
    return plt


def _save(plt, figure, path):
    # No date and no program version: the same figures give the same file.
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def draw_confusion(figures, path, title):
    plt = _plot()
    counts = np.array(figures["confusion"])
    share = counts / np.maximum(1, counts.sum(1, keepdims=True))
    figure, axes = plt.subplots(figsize=(4.6, 4.2))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(7), MOODS, rotation=45, ha="right")
    axes.set_yticks(range(7), MOODS)
    axes.set_xlabel("the model says")
    axes.set_ylabel("the label says")
    axes.set_title(title)
    for i in range(7):
        for j in range(7):
            axes.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center",
                      color="white" if share[i, j] > 0.5 else "black")
    _save(plt, figure, path)


def draw_curves(report, path):
    plt = _plot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.5))
    left.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for key, name in (("label", "official label"), ("ferplus", "majority of ten")):
        bins = np.array(report[key]["calibration"])
        left.plot(bins[:, 0], bins[:, 1], marker="o", markersize=3, label=name)
        curve = np.array(report[key]["coverage"])
        if len(curve):
            right.plot(curve[:, 0], curve[:, 1], label=name)
        if report[key]["sure_accuracy"] is not None:
            right.plot(report[key]["sure_share"], report[key]["sure_accuracy"], "k*")
    left.set_xlabel("what it says (top probability)")
    left.set_ylabel("how often it is right")
    left.set_title("calibration")
    left.legend()
    right.set_xlabel("share of pictures answered, surest first")
    right.set_ylabel("how often it is right")
    right.set_title("coverage against accuracy (star: the rule that ships)")
    right.legend()
    _save(plt, figure, path)


def headline(r):
    rows = []
    for key, name in (
            ("label", "official label"),
            ("label_fresh", "official label, pictures without a copy in train"),
            ("ferplus", "majority of ten voters"),
            ("ferplus_fresh", "majority, pictures without a copy in train")):
        f = r[key]
        rows.append((name, f["n"], percent(f["accuracy"], 2), percent(f["macro_f1"]),
                     percent(f["ece"]), percent(f["sure_share"]), percent(f["sure_accuracy"])))
    return table(("truth", "pictures", "accuracy", "macro F1", "calibration error",
                  "sure", "right when sure"), rows)


def mood_rows(figures):
    rows = []
    for m in MOODS:
        x = figures["moods"][m]
        said, right = figures["sure_by_mood"][m]
        rows.append((m, x["n"], percent(x["recall"]), percent(x["precision"]),
                     percent(x["false_acceptance"]), percent(x["false_rejection"]),
                     f"{right} of {said}"))
    return table(("mood", "pictures", "recall", "precision", "false acceptance",
                  "false rejection", "right when sure"), rows)


def confusion_rows(figures):
    return table(("label \\ model", *MOODS),
                 [(m, *figures["confusion"][i]) for i, m in enumerate(MOODS)])


def robustness(r):
    if not r.get("robustness"):
        return "Not measured for this file."
    base, votes = r["label"]["accuracy"], r["ferplus"]["accuracy"]
    rows = [("as it is", percent(base), "", percent(votes), percent(r["ferplus"]["sure_share"]),
             percent(r["ferplus"]["sure_accuracy"]))]
    rows += [(x["name"], percent(x["accuracy"]), f"{100 * (x['accuracy'] - base):+.1f}",
              percent(x["ferplus"]), percent(x["sure_share"]), percent(x["sure_accuracy"]))
             for x in r["robustness"]]
    return table(("what was done to the crop", "official label", "points", "majority", "sure",
                  "right when sure"), rows)


def backbones(r):
    found = r.get("backbones")
    if not found:
        return "Not compared in this report."
    recipe = found["recipe"]
    words = (f"Each from random weights by one short recipe, so they can be compared with each "
             f"other and with nothing else: {recipe['epochs']} epochs over {recipe['pictures']} "
             f"train pictures at {recipe['size']} px; accuracy is that on the official labels of "
             "PublicTest. The shipped network starts from weights made for faces, which exist for "
             "MobileNetV1 only.")
    rows = [(name, f"{x['parameters'] / 1e6:.2f} M", f"{x['mmac']:.1f} M", percent(x["accuracy"]),
             percent(x["int8"]), f"{x['bytes'] / 1e6:.2f} MB", f"{x['milliseconds']:.2f} ms")
            for name, x in found["networks"].items()]
    return words + "\n\n" + table(("network", "parameters", "multiply-adds", "accuracy",
                                  "as int8", "file", "one inference"), rows)


def framing(r):
    found = r.get("scenes")
    if not found:
        return "Not measured in this report."
    return f"""\
{found["n"]} pictures of PublicTest, brought up and put into scenes of 640x480 pixels, were found,
aligned and cut by the device's own code. The ready crops give {percent(found["ready"])}; found,
aligned and read they give {percent(found["device"])}, {100 * (found["ready"] - found["device"]):.1f}
points fewer; a face that is not found counts as wrong. None was found in
{found["n"] - found["found"]}; on the others the two are {percent(found["ready_where_found"])} and
{percent(found["device_where_found"])}.

The mean face of each mood as the model was trained on it (above) and as the device cuts it (below):

![Mean ready and cut faces](card/crops.png)"""


def write(r):
    d, size = r["data"], r["input"]["size"]
    if d.get("generated"):
        source = "**Generated faces, not the data set: this card only shows that the chain works.**"
    else:
        source = ("FER2013 (Carrier and Courville, ICML 2013 challenge): grey faces of 48x48 "
                  "pixels from a web image search, with the FER+ votes of ten people a picture "
                  "(Microsoft, MIT licence). The pictures belong to their photographers and are "
                  "for research; none is passed on with this model.")
    exact = r.get("float")
    compared = ("" if not exact else
                f"The float network reaches {percent(exact['accuracy'], 2)} (official label) and "
                f"{percent(exact['ferplus'], 2)} (majority); the int8 file loses "
                f"{100 * (exact['accuracy'] - r['label']['accuracy']):.2f} points and names the "
                f"same mood on {percent(exact['same_winner'])} of the pictures.")
    nothing = r["fits_nothing"]
    mood_head = ("", *MOODS)
    return f"""\
# Model card: mood {r["version"]}

Written by `moodtrain card` from what `moodtrain evaluate` measured on the file with sha256
`{r["sha256"]}`; nothing in it is typed by hand.

What it is: {r["made_by"]}. Input: one grey face of {size}x{size} pixels (brought up from
{r["input"]["resolution"]}x{r["input"]["resolution"]}), int8; output: seven int8 logits.
{r["bytes"]} bytes; {r["milliseconds"]:.2f} ms for one face on one x86-64 thread (median, XNNPACK).

## What it reaches

One picture, no mirroring, no averaging, on the {"PublicTest" if r["part"] == "test" else
"validation"} part; 'sure' by the rule below.

{headline(r)}

{compared}

Of {nothing["n"]} pictures on which most voters saw none of the seven moods it was sure on
{nothing["sure"]}, {nothing["sure_sad"]} of them as sad. Sure of 'sad' and wrong by the majority:
{r["ferplus"]["sad_sure_wrong"]} times in {r["ferplus"]["n"]}.

## Moods by the official label

{mood_rows(r["label"])}

## Moods by the majority of the voters

{mood_rows(r["ferplus"])}

## Confusion, official label

![Confusion by the official label](card/confusion.png)

{confusion_rows(r["label"])}

## Confusion, majority of the voters

![Confusion by the majority](card/confusion_majority.png)

{confusion_rows(r["ferplus"])}

## How far to believe the numbers

![Calibration and coverage](card/curves.png)

Temperature {r["temperature"]}, margin {r["margin"]}, {decided(r)}. It is sure when the top probability reaches the threshold of its mood and leads the second
by the margin; a sure mood is 'clear' from {r["strength"]["clear"]} and 'strong' from
{r["strength"]["strong"]}.

{table(("mood", "sure from"), [(m, r["thresholds"][m]) for m in MOODS])}

## Robustness

{robustness(r)}

## Backbones

{backbones(r)}

## Finding and aligning

{framing(r)}

## The data and its defects

{source}

- Train: {d["train_given"]} pictures, {d["train_distinct"]} of them distinct; {d["train_blank"]}
  blank and {d["train_not_a_face"]} that most voters saw no face in are left out.
  {d["train_used"]} were trained on, {d["validation"]} held out for validation{learnt(r)}; copies of one
  picture are always on the same side.
- Test: {d["test_given"]} pictures, {d["test_distinct"]} distinct, {d["test_blank"]} blank;
  {d["test_seen_in_train"]} have an exact copy in train. The official figures count them, the
  lines 'without a copy' do not. Only exact copies were looked for; near copies (another cut or
  size of the same photograph) are not known.
- Labels: people agree with the official labels on about two pictures of three, so no model can
  be right on all; watermarks, drawings and wrong labels are in it.
- Moods are unequal:

{table(mood_head, [("train", *d["moods_train"]), ("test", *d["moods_test"])])}

## What it must not be used for

{UNFIT}
"""


def run(args):
    """Write MODEL_CARD.md and its pictures from a report."""
    report = json.loads(Path(args.report).read_text())
    models = Path(args.models)
    (models / "card").mkdir(parents=True, exist_ok=True)
    draw_confusion(report["label"], models / "card" / "confusion.png", "official label, %")
    draw_confusion(
        report["ferplus"], models / "card" / "confusion_majority.png", "majority of ten, %")
    draw_curves(report, models / "card" / "curves.png")
    if args.scenes:
        from . import scenes

        # Single faces belong to their photographers: they stay beside the report.
        scenes.draw(args.scenes, models / "card" / "crops.png",
                    Path(args.report).with_name("crops.png"))
    (models / "MODEL_CARD.md").write_text(write(report))
    print(f"{models / 'MODEL_CARD.md'} written")
