"""The mean of two runs' weights, where one went on from the other."""

import json
from pathlib import Path

import numpy as np


def arguments(parser):
    parser.add_argument("--run", required=True, help="one run")
    parser.add_argument("--other", required=True, help="another run of the same network, that "
                        "began where the first did or from which it went on")
    parser.add_argument("--share", type=float, default=0.6, help="part of --run in the mean")
    parser.add_argument("--out", required=True,
                        help="folder for the mean, for aware or quantize to take as a run")


def run(args):
    """Blend the averaged weights of two runs; better than each where both lie in one valley."""
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    with np.load(Path(args.run) / "average.npz") as one, \
            np.load(Path(args.other) / "average.npz") as two:
        if {k: one[k].shape for k in one} != {k: two[k].shape for k in two}:
            raise SystemExit("blend: the two runs are not of the same network")
        np.savez(out / "average.npz",
                 **{k: args.share * one[k] + (1 - args.share) * two[k] for k in one})
    (out / "average.json").write_text((Path(args.run) / "average.json").read_text())
    recipe = json.loads((Path(args.run) / "recipe.json").read_text())
    recipe["blend"] = round(1 - args.share, 6)
    recipe["blend_of"] = json.loads((Path(args.other) / "recipe.json").read_text())
    (out / "recipe.json").write_text(json.dumps(recipe, indent=1) + "\n")
    print(f"{out}: {args.share:g} of {args.run}, {1 - args.share:g} of {args.other}")
