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
  about how the errors are spread over them. What can be said is by mood and by picture quality
  only: see the tables."""


def arguments(parser):
    parser.add_argument("--report", required=True, help="JSON file that evaluate wrote")
    parser.add_argument("--models", required=True, help="folder for MODEL_CARD.md and card/")
    parser.add_argument("--scenes", help="folder of scenes and crops that the report measured")
    parser.add_argument("--decide", metavar="FILE",
                        help="what examples/time_to_decide.rs printed for this model")


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
    for key, name, head in (
            ("ferplus", "majority of ten voters", "votes, which decides"),
            ("ferplus_fresh", "majority, pictures without a copy in train", "votes, which decides"),
            ("label", "official label", "label, to compare"),
            ("label_fresh", "official label, pictures without a copy in train",
             "label, to compare")):
        f = r[key]
        sure = f["sure_accuracy"] is not None
        rows.append((name, head, f["n"], percent(f["accuracy"], 2), percent(f["macro_f1"]),
                     percent(f["ece"]), percent(f["sure_share"]) if sure else "",
                     percent(f["sure_accuracy"]) if sure else ""))
    return table(("truth", "head", "pictures", "accuracy", "macro F1", "calibration error",
                  "sure", "right when sure"), rows)


def mood_rows(figures):
    """A table of the moods; without the column of sure answers where the head decides nothing."""
    head = ["mood", "pictures", "recall", "precision", "F1", "false acceptance", "false rejection"]
    decides = figures["sure_accuracy"] is not None
    rows = []
    for m in MOODS:
        x = figures["moods"][m]
        row = [m, x["n"], percent(x["recall"]), percent(x["precision"]), percent(x["f1"]),
               percent(x["false_acceptance"]), percent(x["false_rejection"])]
        if decides:
            said, right = figures["sure_by_mood"][m]
            row.append(f"{right} of {said}")
        rows.append(row)
    return table(head + ["right when sure"] * decides, rows)


def deciding(d):
    """How long a look takes by both rules, and what the shorter one costs."""
    if not d:
        return "Not measured in this report."
    rows = [(name, percent(x["sure"], 2), percent(x["right_when_sure"], 2),
             percent(x["first_right"], 2), f"{x['median_ms']} ms", f"{x['median_clear_ms']} ms")
            for name, x in (("a whole second", d["second"]),
                            ("as soon as it is clear", d["sequential"]))]
    head = ("a look ends after", "sure", "right when sure", "leading mood right", "median time",
            "median time where the whole second is clear")
    return (f"""{d["series"]} series of seven frames within a second, made of test faces that move, blink, or
have just turned to the camera (`examples/time_to_decide.rs` says how; truth is the folder's label).
Both rules name the same leading mood in {percent(d["agree"], 2)} of them.

{table(head, rows)}""")


def weakest(figures):
    """The moods that are found least often, in words."""
    found = sorted(((x["recall"], m, x["n"]) for m, x in figures["moods"].items() if x["n"]))
    return ", ".join(f"{m} ({percent(recall, 0)} of {n})" for recall, m, n in found[:3])


def confusion_rows(figures):
    return table(("label \\ model", *MOODS),
                 [(m, *figures["confusion"][i]) for i, m in enumerate(MOODS)])


def robustness(r):
    if not r.get("robustness"):
        return "Not measured for this file."
    base = r["ferplus"]
    rows = [("as it is", percent(base["accuracy"]), "", percent(base["moods"]["neutral"]["recall"]),
             percent(base["sure_share"]), percent(base["sure_accuracy"]))]
    rows += [(x["name"], percent(x["ferplus"]), f"{100 * (x['ferplus'] - base['accuracy']):+.1f}",
              percent(x["neutral"]), percent(x["sure_share"]), percent(x["sure_accuracy"]))
             for x in r["robustness"]]
    return table(("what was done to the crop", "majority", "points", "neutral recall", "sure",
                  "right when sure"), rows)


def framing(r):
    found = r.get("scenes")
    if not found:
        return "Not measured in this report."
    return f"""\
{found["n"]} pictures of PublicTest, brought up and put into scenes of 640x480 pixels, were found,
aligned and cut by the device's own code. No face was found in {found["n"] - found["found"]}. Of
the {found["clear"]} that have a majority of the voters, the ready crops are read rightly in
{percent(found["ready"])}; found, aligned and read they are in {percent(found["device"])},
{100 * (found["ready"] - found["device"]):.1f} points fewer; a face that is not found counts as
wrong. Where one was found the two are {percent(found["ready_where_found"])} and
{percent(found["device_where_found"])}."""


def caution(r):
    if "trunk of" not in r["made_by"]:
        return ""
    return ("\nThe trunk that training began with had learnt these pictures in an earlier run: "
            "what was chosen\non them is a little too bold.")


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
    lost = 100 * (exact["ferplus"] - r["ferplus"]["accuracy"]) if exact else 0
    compared = ("" if not exact else
                f"The float network reaches {percent(exact['ferplus'], 2)} (majority) and "
                f"{percent(exact['label'], 2)} (official label by the label head); the int8 file "
                f"{'loses' if lost >= 0 else 'gains'} {abs(lost):.2f} points and names "
                f"the same mood on {percent(exact['same_winner'])} of the pictures.")
    none, neutral = r["none"], r["neutral_read_as"]
    mood_head = ("", *MOODS)
    return f"""\
# Model card: mood {r["version"]}

Written by `moodtrain card` from what `moodtrain evaluate` measured on the file with sha256
`{r["sha256"]}`; nothing in it is typed by hand.

What it is: {r["made_by"]}. Input: one grey face of {size}x{size} pixels (brought up from
{r["input"]["resolution"]}x{r["input"]["resolution"]}), int8. Output: fifteen int8 logits of two
heads. The **votes head** (seven moods and `other`: none of them, or no face) was taught what ten
people said of each picture, and it alone decides on the device. The **label head** (seven moods)
was taught the data set's official label and serves for comparing with published figures.
{r["bytes"]} bytes; {r["milliseconds"]:.2f} ms for one face on one x86-64 thread (median processor
time, XNNPACK; the machine had {r["load"][1]} cores and a load of {r["load"][0]}).

## What it reaches

One picture, no mirroring, no averaging, on the {"PublicTest" if r["part"] == "test" else
"validation"} part; 'sure' by the rule below. 'Majority' is the mood that five or more of the ten
voters chose.

{headline(r)}

{compared}

The mean of the answers to a face and to its mirror image reaches
{percent(r["ferplus_with_mirror"], 2)} (majority). Each head is made for its own truth: the votes
head agrees with the official label on {percent(r["label_by_votes"])}, the label head with the
majority on {percent(r["ferplus_by_label"])}.

A face that the voters call neutral is read as neutral in {percent(neutral["neutral"])}, as sad in
{percent(neutral["sad"])}, as angry in {percent(neutral["angry"])}. Sure of 'sad' and wrong by the
majority: {r["ferplus"]["sad_sure_wrong"]} times in {r["ferplus"]["n"]}.

It is weakest, by the share that it finds, on: {weakest(r["ferplus"])}.

## When it is none of the moods

From a probability of `other` of {r["other"]} the device says that it cannot tell. Of {none["n"]}
pictures on which most voters saw none of the seven moods this is so on {none["found"]}; on
{none["sure"]} it was sure of a mood all the same, on {none["sure_sad"]} of sad. What it costs: of
{none["clear"]} pictures with a clear mood {none["clear_lost"]} are called `other`,
{none["clear_lost_right"]} of which would have been read rightly.

## Moods by the majority of the voters (votes head)

{mood_rows(r["ferplus"])}

## Moods by the official label (label head)

{mood_rows(r["label"])}

## Confusion, majority of the voters (votes head)

![Confusion by the majority](card/confusion_majority.png)

{confusion_rows(r["ferplus"])}

## Confusion, official label (label head)

![Confusion by the official label](card/confusion.png)

{confusion_rows(r["label"])}

## How far to believe the numbers

![Calibration and coverage](card/curves.png)

Temperature {r["temperature"]}, margin {r["margin"]}, chosen on validation pictures held out of
train, each as it is and moved as the face finder errs. It is sure when the top probability of the
seven moods reaches the threshold of its mood and leads the second by the margin, and `other` stays
below its limit; a sure mood is 'clear' from {r["strength"]["clear"]} and 'strong' from
{r["strength"]["strong"]}.{caution(r)}

{table(("mood", "sure from"), [(m, r["thresholds"][m]) for m in MOODS])}

## Robustness

{robustness(r)}

## Finding and aligning

{framing(r)}

## Time to decide

{deciding(r.get("decide"))}

## The data and its defects

{source}

- Train: {d["train_given"]} pictures, {d["train_distinct"]} of them distinct; {d["train_blank"]}
  blank and {d["train_not_a_face"]} that most voters saw no face in are left out.
  {d["train_used"]} were trained on, {d["validation"]} held out for validation; copies of one
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
    if args.decide:
        report["decide"] = json.loads(Path(args.decide).read_text())
    models = Path(args.models)
    (models / "card").mkdir(parents=True, exist_ok=True)
    draw_confusion(report["label"], models / "card" / "confusion.png", "official label, %")
    draw_confusion(
        report["ferplus"], models / "card" / "confusion_majority.png", "majority of ten, %")
    draw_curves(report, models / "card" / "curves.png")
    if args.scenes:
        from . import scenes

        # Faces belong to their photographers, a mean of few too: they stay beside the report.
        beside = Path(args.report)
        scenes.draw(args.scenes, beside.with_name("means.png"), beside.with_name("crops.png"))
    (models / "MODEL_CARD.md").write_text(write(report))
    print(f"{models / 'MODEL_CARD.md'} written")
