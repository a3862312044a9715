"""Reading the pictures, telling copies apart from originals, and making targets."""

import hashlib
import json
from pathlib import Path

import numpy as np

from . import MOODS, RESOLUTION

# The ten columns of the FER+ votes are neutral, happiness, surprise, sadness,
# anger, disgust, fear, contempt, unknown, not-a-face. These are the seven that
# have a mood of ours, in our order.
VOTES_TO_MOODS = [4, 5, 6, 1, 3, 2, 0]
# What none of the seven moods fits: contempt, unknown, not-a-face.
NOT_A_MOOD = [7, 8, 9]
NOT_A_FACE = 9
MAJORITY = 5
FEWEST_VOTES = 3
PARTS = ("images", "labels", "votes")


def fingerprints(images):
    """One value for each picture; equal values mean equal pixels."""
    return np.array([hashlib.sha256(np.ascontiguousarray(i).tobytes()).hexdigest() for i in images])


def blank(images):
    """Pictures of one flat grey: nobody can learn or be judged by them."""
    return images.reshape(len(images), -1).std(1) < 1.0


def eight_votes(votes, pixel_source=None):
    """Votes for the seven moods and, last, for none of them. Where it is not known which picture
    of a group a row is, its votes are not known either."""
    eight = np.concatenate(
        [votes[:, VOTES_TO_MOODS], votes[:, NOT_A_MOOD].sum(1, keepdims=True)], 1
    ).astype(np.float32)
    if pixel_source is not None:
        eight[pixel_source != 0] = 0
    return eight


def majority(votes):
    """Mood that five or more of the ten voters chose, or -1 where there is none."""
    seven = votes[:, : len(MOODS)]
    return np.where(seven.max(1) >= MAJORITY, seven.argmax(1), -1)


def vote_targets(votes):
    """What the votes head is taught: the shares of the votes, without what one voter alone said
    (more often a slip than an opinion). A picture with too few votes teaches it nothing: zeros."""
    kept = np.where(votes == 1, 0, votes)
    total = kept.sum(1, keepdims=True)
    return np.where(total >= FEWEST_VOTES, kept / np.maximum(total, 1), 0).astype(np.float32)


def label_targets(labels, smoothing=0.05):
    """What the label head is taught: the official label, softened a little."""
    count = len(MOODS)
    return (np.eye(count)[labels] * (1 - smoothing) + smoothing / count).astype(np.float32)


def hold_out(prints, labels, barred, wanted, seed):
    """Choose a validation part by groups of copies, so that no copy is on both sides.

    `barred` pictures (those with a copy in the test part) stay in train: the
    validation figures then say nothing about pictures the test knows.
    """
    order = np.random.default_rng(seed).permutation(len(prints))
    members = {}
    for i in order:
        members.setdefault(prints[i], []).append(i)
    share = wanted / len(prints)
    room = {c: round(share * np.sum(labels == c)) for c in range(len(MOODS))}
    held = np.zeros(len(prints), bool)
    for group in members.values():
        mood = labels[group[0]]
        if room[mood] >= len(group) and not barred[group].any():
            held[group] = True
            room[mood] -= len(group)
    return held


def read_part(folder, name):
    with np.load(Path(folder) / f"fer2013_{name}.npz") as part:
        images = part["images"]
        if images.shape[1:] != (RESOLUTION, RESOLUTION) or images.dtype != np.uint8:
            raise SystemExit(
                f"{name}: pictures are {images.shape[1:]} {images.dtype}, "
                f"expected {RESOLUTION}x{RESOLUTION} uint8"
            )
        return {
            "images": images,
            "labels": part["labels"].astype(np.int64),
            "votes": eight_votes(part["ferplus_votes"], part["pixel_source"]),
            "no_face": part["ferplus_votes"][:, NOT_A_FACE] >= MAJORITY,
        }


def prepare(train, test, wanted, seed):
    """Split and clean; returns the arrays of the parts and the counts for the card."""
    prints, test_prints = fingerprints(train["images"]), fingerprints(test["images"])
    in_test = np.isin(prints, test_prints)
    held = hold_out(prints, train["labels"], in_test, wanted, seed)
    bad = blank(train["images"]) | train["no_face"]
    parts = {}
    for name, chosen in (("train", ~held & ~bad), ("val", held & ~bad)):
        for key in PARTS:
            parts[f"{name}_{key}"] = train[key][chosen]
    # The test part is kept whole, for the official figure; `seen` marks what
    # the figure without copies leaves out.
    for key in PARTS:
        parts[f"test_{key}"] = test[key]
    parts["test_seen"] = np.isin(test_prints, prints[~held])
    facts = {
        "train_given": len(prints),
        "train_distinct": len(np.unique(prints)),
        "train_blank": int(blank(train["images"]).sum()),
        "train_not_a_face": int(train["no_face"].sum()),
        "train_used": int((~held & ~bad).sum()),
        "validation": int((held & ~bad).sum()),
        "test_given": len(test_prints),
        "test_distinct": len(np.unique(test_prints)),
        "test_blank": int(blank(test["images"]).sum()),
        "test_seen_in_train": int(parts["test_seen"].sum()),
        "moods_train": np.bincount(train["labels"][~held & ~bad], minlength=len(MOODS)).tolist(),
        "moods_test": np.bincount(test["labels"], minlength=len(MOODS)).tolist(),
        "seed": seed,
    }
    return parts, facts


class Prepared:
    """The prepared pictures of one part: images, labels, votes, majority, other."""

    def __init__(self, work, part):
        with np.load(Path(work) / "prepared.npz") as arrays:
            self.images = arrays[f"{part}_images"]
            self.labels = arrays[f"{part}_labels"]
            self.votes = arrays[f"{part}_votes"]
            self.seen = arrays["test_seen"] if part == "test" else np.zeros(len(self.labels), bool)
        self.majority = majority(self.votes)
        # Most voters saw none of the seven moods.
        self.other = self.votes[:, len(MOODS)] >= MAJORITY

    def __len__(self):
        return len(self.labels)


def facts(work):
    return json.loads((Path(work) / "prepared.json").read_text())


def arguments(parser):
    parser.add_argument("--data", help="folder with fer2013_train.npz and fer2013_public_test.npz")
    parser.add_argument("--work", required=True, help="folder for the prepared pictures")
    parser.add_argument("--validation", type=int, default=2000, help="pictures held out of train")
    parser.add_argument("--generated", type=int, default=0, metavar="N",
                        help="draw N faces in place of the data set, to try the chain")
    parser.add_argument("--seed", type=int, default=0)


def run(args):
    """Clean the data set and split off the validation part."""
    if args.generated:
        from . import synthetic_faces

        train, test = synthetic_faces.parts(args.generated, args.seed)
    elif args.data:
        train, test = read_part(args.data, "train"), read_part(args.data, "public_test")
    else:
        raise SystemExit("prepare: name the data folder with --data, or use --generated N")
    parts, found = prepare(train, test, min(args.validation, len(train["labels"]) // 5), args.seed)
    found["generated"] = bool(args.generated)
    work = Path(args.work)
    work.mkdir(parents=True, exist_ok=True)
    np.savez(work / "prepared.npz", **parts)
    (work / "prepared.json").write_text(json.dumps(found, indent=1) + "\n")
    for key, value in found.items():
        print(f"{key:20} {value}")
