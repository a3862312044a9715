"""From the data to the file that ships, in one command that may be stopped and given again."""

import argparse
import subprocess
import sys
from pathlib import Path

from . import calibrate, data, evaluate, quantization_aware, quantize, start, train

# The options of each step that are options here too; what they do and their defaults stand there.
STEPS = {
    data: ["data", "generated", "validation", "seed"],
    start: ["weights", "size"],
    train: ["epochs", "minutes", "rate", "decay", "batch", "label", "balance", "distil",
            "disturbed", "soft", "mixup", "average", "width", "threads", "save_every"],
    quantization_aware: ["steps"],
    quantize: ["pictures", "neutral"],
    calibrate: ["version"],
    evaluate: ["scenes", "quick"],
}

VERBS = ("prepare", "start", "train", "tune", "quantize", "calibrate", "evaluate", "card")


def arguments(parser):
    parser.add_argument("--work", required=True,
                        help="folder for the prepared pictures, the run and the report")
    parser.add_argument("--models", required=True,
                        help="folder for mood.tflite, its sidecar, golden cases and card")
    parser.add_argument(
        "--teachers", default="mobilenet:160,mobilenet:112,resnet:48", metavar="NET:SIZE,...",
        help="networks that learn first and then teach; empty for none")
    parser.add_argument("--teacher-epochs", type=float, default=40,
                        help="how often each teacher sees every picture")
    parser.add_argument("--teacher-share", type=float, default=0.4,
                        help="part of --minutes that the teachers get together")
    parser.add_argument("--until", choices=VERBS, default=VERBS[-1],
                        help="end after this step; the same command without it goes on from there")
    for module, wanted in STEPS.items():
        theirs = argparse.ArgumentParser(add_help=False)
        module.arguments(theirs)
        for action in theirs._actions:
            if action.dest in wanted:
                action.required = False
                parser._add_action(action)


def run(args):
    """Go from the data to the shipped file and its card, or go on where this was stopped."""
    work = Path(args.work)
    folder = work / "run"

    def step(verb, module, *extra, also=()):
        """One step in a process of its own: two of the frameworks never share one."""
        command = [sys.executable, "-m", "moodtrain", verb, *map(str, extra)]
        for name in (*STEPS.get(module, ()), *also):
            value = getattr(args, name)
            if value is True:
                command.append(f"--{name}")
            elif value not in (None, False):
                command += ["--" + name.replace("_", "-"), str(value)]
        print("== " + " ".join(command[2:]), flush=True)
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"reproduce: {verb} failed; the same command goes on from there")

    def wanted(verb):
        return VERBS.index(verb) <= VERBS.index(args.until)

    if not (work / "prepared.json").exists():
        step("prepare", data, "--work", work)
    if wanted("start") and args.weights and not (work / "start.json").exists():
        step("start", start, "--work", work)
    if not wanted("train"):
        return
    teachers = [one.split(":") for one in args.teachers.split(",") if one]
    taught = []
    for i, (net, size) in enumerate(teachers, 1):
        taught.append(work / f"teacher{i}")
        step("train", None, "--work", work, "--run", taught[-1], "--net", net, "--size", size,
             "--epochs", args.teacher_epochs, "--rate", 2e-3 if net == "resnet" else 1e-3,
             "--minutes", args.minutes * args.teacher_share / len(teachers),
             "--batch", min(256, args.batch), "--label", 1, "--balance", 0,
             "--average", min(0.995, args.average), "--seed", args.seed + i,
             also=["disturbed", "soft", "mixup", "width", "threads", "save_every"])
    args.minutes *= 1 - args.teacher_share if teachers else 1
    step("train", train, "--work", work, "--run", folder,
         *(["--teachers", *taught] if taught else []), also=["size", "seed"])
    if wanted("tune") and args.steps:
        step("tune", quantization_aware, "--work", work, "--run", folder,
             also=["batch", "threads", "seed"])
    report = work / "report.json"
    made = ["--models", args.models]
    last = (
        ("quantize", quantize, ["--work", work, "--run", folder, "--out", args.models], ["seed"]),
        ("calibrate", calibrate, ["--work", work, "--run", folder, *made], ["seed"]),
        ("evaluate", evaluate, ["--work", work, "--run", folder, *made, "--report", report],
         ["seed"]),
        ("card", None, ["--report", report, *made, *scenes(args)], []),
    )
    for verb, module, extra, also in last:
        if wanted(verb):
            step(verb, module, *extra, also=also)


def scenes(args):
    return ["--scenes", args.scenes] if args.scenes else []
