"""The training run: stages of growing size under one cosine, averaged weights, resumable."""

import hashlib
import json
import math
import os
import time
import tomllib
from pathlib import Path

import numpy as np

from . import data, scenes, teacher


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--run", required=True, help="folder for checkpoints and the log")
    parser.add_argument("--weights", help="what to start from: face-pretrained weights (.npz), "
                        "a model this chain exported (.tflite) or the folder of another run")
    parser.add_argument("--stages", default="64:8,96:12", metavar="SIZE:EPOCHS[:FROZEN],...",
                        help="input size, epochs and how many first blocks stay as they are, "
                        "in order; may be changed on resume")
    parser.add_argument("--rate", type=float, default=6e-4, help="highest learning rate")
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--share", type=float, default=0.5, help="part of the votes in the target")
    parser.add_argument("--smoothing", type=float, default=0.05)
    parser.add_argument("--mixup", type=float, default=0.3, help="share of pictures mixed")
    parser.add_argument("--augment", type=float, default=1.0, help="share of pictures disturbed")
    parser.add_argument("--crops", help="folder of scenes of the training part, with the crops "
                        "the device cut out of them; some stand in for the ready ones")
    parser.add_argument("--crop-share", type=float, default=0.5,
                        help="how often a picture that has such a crop is seen as that crop")
    parser.add_argument("--all", action="store_true",
                        help="learn from the validation part too: for a last run, when everything "
                        "was chosen on runs without it; its own validation figures say nothing")
    parser.add_argument("--mild", action="store_true",
                        help="move the pictures that --augment leaves undisturbed a little, "
                        "so that they are not learnt by heart")
    parser.add_argument("--teacher", nargs="+", metavar="RUN", default=[],
                        help="folders of runs whose mean answer to a picture, and to its mirror "
                        "image, is taught besides label and votes; asked once, kept in --work")
    parser.add_argument("--teacher-share", type=float, default=0.5,
                        help="part of the teachers' answer in the target, 0..1")
    parser.add_argument("--teacher-temperature", type=float, default=1.0,
                        help="above 1 makes the teachers' answer softer, below 1 sharper")
    parser.add_argument("--teacher-shifts", type=int, default=1, choices=[1, 3, 5],
                        help="at how many places a teacher looks at a picture")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--average", type=float, default=0.998,
                        help="memory of the averaged weights")
    parser.add_argument("--save-every", type=int, default=100, metavar="STEPS")
    parser.add_argument("--minutes", type=float, default=math.inf,
                        help="save and stop after so long; the same command goes on")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)


def read_stages(text):
    """Stages as (size, epochs, frozen blocks)."""
    stages = []
    for part in text.split(","):
        try:
            size, epochs, *frozen = (int(n) for n in part.split(":"))
            stages.append((size, epochs, *(frozen or [0])))
            if len(stages[-1]) != 3:
                raise ValueError
        except ValueError:
            raise SystemExit(
                f"--stages: '{part}' is not SIZE:EPOCHS or SIZE:EPOCHS:FROZEN, "
                "for instance 64:8 or 96:4:2") from None
    return stages


def stage_at(stages, epoch):
    """Input size and frozen blocks of an epoch."""
    for size, epochs, frozen in stages:
        if epoch < epochs:
            return size, frozen
        epoch -= epochs
    return stages[-1][0], stages[-1][2]


def rate_at(progress, highest, warm=0.03, lowest=0.02):
    """Learning rate when `progress` (0..1) of all steps is done."""
    if progress < warm:
        return highest * (0.05 + 0.95 * progress / warm)
    angle = math.pi * min(1.0, (progress - warm) / (1 - warm))
    return highest * (lowest + (1 - lowest) * 0.5 * (1 + math.cos(angle)))


def scores(logits, part):
    """Accuracy on the label, on the FER+ majority, and macro F1."""
    guess = logits.argmax(1)
    agreed = part.majority >= 0
    f1 = []
    for mood in range(logits.shape[1]):
        hit = np.sum((guess == mood) & (part.labels == mood))
        f1.append(2 * hit / max(1, np.sum(guess == mood) + np.sum(part.labels == mood)))
    return {
        "accuracy": float((guess == part.labels).mean()),
        "ferplus": float((guess == part.majority)[agreed].mean()) if agreed.any() else 0.0,
        "macro_f1": float(np.mean(f1)),
    }


# What shapes the weights; a run that went on with other values says so in its recipe.
SHAPING = ("rate", "share", "smoothing", "mixup", "augment", "all", "mild", "crops", "crop_share",
           "teacher", "teacher_share", "teacher_temperature", "teacher_shifts", "batch")


def recipe_of(args, before, epoch):
    """What the run was told, with what it was told earlier (`past`, each with the epoch up to
    which it held) and the recipe of the run it started from (`origin`)."""
    recipe = {k: v for k, v in vars(args).items() if isinstance(v, (int, float, str))}
    recipe.pop("minutes", None)
    recipe["teacher"] = [Path(one).name for one in args.teacher]
    for key in ("work", "run", "weights", "crops"):
        if recipe.get(key):
            recipe[key] = Path(recipe[key]).name
    given = Path(args.weights or "")
    if args.weights and (given / "recipe.json").is_file():
        recipe["origin"] = json.loads((given / "recipe.json").read_text())
    elif given.suffix == ".tflite":
        # What an exported model says of itself, in the sidecar beside it.
        for beside in (given.with_suffix(".toml"), given.parent / "mood.toml"):
            card = tomllib.loads(beside.read_text()) if beside.is_file() else {}
            if card and card["sha256"] == hashlib.sha256(given.read_bytes()).hexdigest():
                recipe["weights_made_by"] = card["made_by"]
    past = before.get("past", [])
    told = {k: before[k] for k in SHAPING if before.get(k) is not None}
    reached = past[-1]["epoch"] if past else 0
    if before and epoch > reached and told != {k: recipe[k] for k in SHAPING if k in recipe}:
        past = [*past, {**told, "epoch": round(epoch, 2)}]
    if past:
        recipe["past"] = past
    return recipe


class Trainer:
    def __init__(self, args, part):
        import keras
        import tensorflow as tf

        from . import augment, network

        self.tf, self.args, self.part = tf, args, part
        # In a run so short that the weights' average is quick, the statistics must be too.
        self.model = network.mobilenet_v1(args.width, momentum=min(0.98, args.average))
        fresh = not (Path(args.run) / "state" / "checkpoint").exists()
        if args.weights and fresh and Path(args.weights).is_dir():
            network.load(self.model, Path(args.weights) / "average.npz")
        elif args.weights and fresh:
            order = np.random.default_rng(args.seed).permutation(len(part))[:256]
            network.load_folded(self.model, args.weights, augment.to_input(part.images[order], 64))
        self.optimizer = keras.optimizers.AdamW(
            args.rate, weight_decay=args.decay, global_clipnorm=1.0)
        # Decay is for what multiplies: the pointwise and last kernels.
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma", "conv_dw"])
        self.optimizer.build(self.model.trainable_variables)
        self.kept = [v for v in self.model.variables if "seed" not in v.path]
        self.average = [tf.Variable(v, trainable=False) for v in self.kept]
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.saver = tf.train.CheckpointManager(
            tf.train.Checkpoint(model=self.model, optimizer=self.optimizer,
                                average=self.average, step=self.step),
            str(Path(args.run) / "state"), max_to_keep=2)
        self.images = tf.constant(part.images)
        self.cuts = None
        if args.crops:
            cuts, has = scenes.cuts(args.crops, part)
            print(f"{int(has.sum())} of {len(has)} pictures also as the device cuts them",
                  flush=True)
            self.cuts = tf.constant(cuts), tf.constant(has)
        targets = data.targets(part.labels, part.votes, args.share, args.smoothing)
        if args.teacher:
            said = teacher.softened(
                teacher.answers(args.teacher, part.images, args.teacher_shifts, args.work),
                args.teacher_temperature)
            targets = (1 - args.teacher_share) * targets + args.teacher_share * said
        self.targets = tf.constant(targets)
        self.freeze(0)

    def freeze(self, blocks):
        """Leave the first blocks as they are.

        Late in training they hardly change, and at their size a third of the
        time goes into them.
        """
        last = f"conv_pw_{blocks}_relu" if blocks else None
        for layer in self.model.layers:
            layer.trainable = last is None
            if layer.name == last:
                last = None
        self.frozen = blocks
        self.train_step = self.tf.function(self._train_step)

    def _train_step(self, x, t):
        tf = self.tf
        with tf.GradientTape() as tape:
            logits = self.model(x, training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(t, logits))
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        done = tf.cast(self.step.assign_add(1), tf.float32)
        # The average forgets its first steps faster, or it would remember the start.
        keep = tf.minimum(self.args.average, (1 + done) / (10 + done))
        for mean, now in zip(self.average, self.kept):
            mean.assign_sub((mean - now) * (1 - keep))
        return loss

    def batches(self, epoch, first, size):
        """The rest of an epoch from batch `first`, in an order the seed decides."""
        from .augment import augment

        tf, batch = self.tf, self.args.batch
        tf.random.set_seed(self.args.seed * 1000 + epoch)
        order = np.random.default_rng([self.args.seed, epoch]).permutation(len(self.part))
        order = order[: len(order) // batch * batch].reshape(-1, batch)[first:]

        def make(chosen):
            images = tf.gather(self.images, chosen)
            if self.cuts is not None:
                cuts, has = (tf.gather(one, chosen) for one in self.cuts)
                use = has & (tf.random.uniform(tf.shape(has)) < self.args.crop_share)
                images = tf.where(use[:, None, None], cuts, images)
            return augment(images, tf.gather(self.targets, chosen), size,
                           self.args.mixup, self.args.augment, self.args.mild)

        return tf.data.Dataset.from_tensor_slices(order).map(make, 1).prefetch(3)

    def with_average(self, work):
        """Run `work` with the averaged weights in place, then put the others back."""
        now = [v.numpy() for v in self.kept]
        for v, mean in zip(self.kept, self.average):
            v.assign(mean)
        try:
            return work()
        finally:
            for v, old in zip(self.kept, now):
                v.assign(old)


def logits_of(model, images, size, batch=128):
    from .augment import to_input

    return np.concatenate([
        model(to_input(images[i : i + batch], size), training=False).numpy()
        for i in range(0, len(images), batch)])


def run(args):
    """Train, or go on with a run that was stopped."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    from . import network

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(args.seed)
    folder = Path(args.run)
    folder.mkdir(parents=True, exist_ok=True)
    stages = read_stages(args.stages)
    part, val = data.Prepared(args.work, "train"), data.Prepared(args.work, "val")
    if args.all:
        part.join(val)
    trainer = Trainer(args, part)
    if trainer.saver.latest_checkpoint:
        trainer.saver.checkpoint.restore(trainer.saver.latest_checkpoint).expect_partial()
        print(f"going on at step {int(trainer.step)}", flush=True)
    recipe_file = folder / "recipe.json"
    before = json.loads(recipe_file.read_text()) if recipe_file.exists() else {}
    recipe = recipe_of(args, before, int(trainer.step) / (len(part) // args.batch))
    recipe_file.write_text(json.dumps(recipe, indent=1) + "\n")

    per_epoch = len(part) // args.batch
    epochs = sum(stage[1] for stage in stages)
    began = time.monotonic()

    def export(epoch, size, note):
        def work():
            network.save(trainer.model, folder / "average.tmp.npz")
            # Replaced in one move: an export may be reading the old one.
            (folder / "average.tmp.npz").replace(folder / "average.npz")
            (folder / "average.json").write_text(json.dumps(
                {"epoch": epoch, "size": size, "width": args.width,
                 "step": int(trainer.step)}) + "\n")
            return scores(logits_of(trainer.model, val.images, size), val)

        found = trainer.with_average(work)
        with open(folder / "log.jsonl", "a") as log:
            log.write(json.dumps({**note, **found}) + "\n")
        return found

    while int(trainer.step) < per_epoch * epochs:
        epoch, first = divmod(int(trainer.step), per_epoch)
        size, frozen = stage_at(stages, epoch)
        if frozen != trainer.frozen:
            trainer.freeze(frozen)
        losses, t0, c0 = [], time.monotonic(), time.process_time()
        for i, (x, t) in enumerate(trainer.batches(epoch, first, size), first + 1):
            trainer.optimizer.learning_rate.assign(
                rate_at(int(trainer.step) / (per_epoch * epochs), args.rate))
            losses.append(float(trainer.train_step(x, t)))
            late = (time.monotonic() - began) / 60 > args.minutes
            if i % args.save_every == 0 or late:
                trainer.saver.save()
                pace = len(losses) * args.batch / (time.monotonic() - t0)
                print(f"epoch {epoch + 1}/{epochs} batch {i}/{per_epoch} at {size} px, "
                      f"loss {np.mean(losses):.4f}, {pace:.0f} pictures/s", flush=True)
            if late:
                print("time is up; the same command goes on from here", flush=True)
                return
        trainer.saver.save()
        note = {"epoch": epoch + 1, "size": size, "loss": float(np.mean(losses)),
                "seconds": round(time.monotonic() - t0),
                "cpu_seconds": round(time.process_time() - c0)}
        found = export(epoch + 1, size, note)
        print(f"epoch {epoch + 1} done: loss {note['loss']:.4f}, validation "
              f"{100 * found['accuracy']:.1f} %, votes {100 * found['ferplus']:.1f} %, "
              f"macro F1 {100 * found['macro_f1']:.1f}, {note['seconds']} s "
              f"({note['cpu_seconds']} cpu)", flush=True)
