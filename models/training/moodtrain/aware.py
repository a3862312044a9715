"""Tuning that knows it will be int8: the network learns to answer on int8's steps as it does without."""

import json
import math
import os
import shutil
from pathlib import Path

import numpy as np

from . import data


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--run", required=True, help="training run to start from")
    parser.add_argument("--out", required=True,
                        help="folder for the tuned weights, for quantize to take as a run")
    parser.add_argument("--steps", type=int, default=400, help="batches to tune on")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-5, help="highest learning rate")
    parser.add_argument("--augment", type=float, default=0.5, help="share of pictures disturbed")
    parser.add_argument("--pictures", type=int, default=800,
                        help="train pictures the ranges are measured on")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)


def fold(model):
    """Kernels and biases with the batch norm in them, and the head: what the file will hold."""
    from .network import EPSILON, conv_names

    found = {}
    for name in conv_names():
        kernel, = model.get_layer(name).get_weights()
        gamma, beta, mean, variance = model.get_layer(name + "_bn").get_weights()
        gain = gamma / np.sqrt(variance + EPSILON)
        # A depthwise kernel is [3, 3, channels, 1], any other has its channels last.
        wide = gain[:, None] if "_dw_" in name else gain
        found[name] = kernel * wide, beta - mean * gain
    found["moods"] = tuple(model.get_layer("moods").get_weights())
    return found


def unfold(model, folded):
    """Puts folded weights into a network with batch norm, which then does nothing of its own."""
    from .network import EPSILON, conv_names

    for name in conv_names():
        kernel, bias = folded[name]
        still = np.zeros_like(bias)
        model.get_layer(name).set_weights([kernel])
        model.get_layer(name + "_bn").set_weights(
            [still + np.sqrt(1 + EPSILON), bias, still, still + 1])
    model.get_layer("moods").set_weights(list(folded["moods"]))


class Folded:
    """The folded network, with int8's steps in it or without. Gradients pass through the steps."""

    def __init__(self, folded):
        import tensorflow as tf

        self.tf = tf
        self.weights = {name: tuple(tf.Variable(a) for a in pair) for name, pair in folded.items()}
        self.ranges = {}

    def variables(self):
        return [v for pair in self.weights.values() for v in pair]

    def _round(self, x, step):
        return x + self.tf.stop_gradient(self.tf.round(x / step) * step - x)

    def _kernel(self, name):
        tf, kernel = self.tf, self.weights[name][0]
        if name == "moods":
            most = tf.reduce_max(tf.abs(kernel))
        else:
            axes = (0, 1, 3) if "_dw_" in name else (0, 1, 2)
            most = tf.reduce_max(tf.abs(kernel), axes, keepdims=True)
        return self._round(kernel, tf.stop_gradient(tf.maximum(most, 1e-8)) / 127)

    def _between(self, name, x, stepped, seen):
        """What the file keeps between two layers: a byte, over the range that was measured."""
        tf = self.tf
        if seen is not None:
            low, high = (float(f(x)) for f in (tf.reduce_min, tf.reduce_max))
            known = seen.get(name, (0.0, 0.0))
            seen[name] = min(known[0], low), max(known[1], high)
        if not stepped:
            return x
        low, high = self.ranges[name]
        return self._round(tf.clip_by_value(x, low, high), max(high - low, 1e-6) / 255)

    def __call__(self, x, stepped=True, seen=None):
        from .network import BLOCKS, conv_names

        tf = self.tf
        strides = {"conv1": 2} | {f"conv_dw_{i}": s for i, (_, s) in enumerate(BLOCKS, 1)}
        for name in conv_names():
            kernel = self._kernel(name) if stepped else self.weights[name][0]
            stride = strides.get(name, 1)
            conv = tf.nn.depthwise_conv2d if "_dw_" in name else tf.nn.conv2d
            x = conv(x, kernel, [1, stride, stride, 1], "SAME")
            x = tf.nn.relu6(x + self.weights[name][1])
            x = self._between(name, x, stepped, seen)
        x = self._between("mean", tf.reduce_mean(x, (1, 2)), stepped, seen)
        kernel = self._kernel("moods") if stepped else self.weights["moods"][0]
        x = x @ kernel + self.weights["moods"][1]
        return self._between("moods", x, stepped, seen)


def run(args):
    """Tune a trained network so that its int8 file answers as the network itself does."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    from . import network
    from .augment import augment, to_input
    from .quantize import network_of
    from .train import rate_at, scores

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(args.seed)
    model, note = network_of(args.run)
    size = note["size"]
    train, val = data.Prepared(args.work, "train"), data.Prepared(args.work, "val")
    given = fold(model)
    exact, tuned = Folded(given), Folded(given)

    order = np.random.default_rng(args.seed)
    some = order.permutation(len(train))[: args.pictures]
    seen = {}
    for i in range(0, len(some), 50):
        tuned(to_input(train.images[some[i : i + 50]], size), stepped=False, seen=seen)
    tuned.ranges = seen

    variables = tuned.variables()
    optimizer = keras.optimizers.Adam(args.rate, global_clipnorm=1.0)
    optimizer.build(variables)
    images = tf.constant(train.images)

    @tf.function
    def step(chosen):
        dummy = tf.zeros([len(chosen), 1])
        x, _ = augment(tf.gather(images, chosen), dummy, size, 0.0, args.augment)
        wanted = tf.nn.softmax(exact(x, stepped=False))
        with tf.GradientTape() as tape:
            logits = tuned(x)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(wanted, logits))
            # What the network itself is unsure of is no error of its int8 twin.
            loss -= tf.reduce_mean(-tf.reduce_sum(wanted * tf.math.log(wanted + 1e-9), 1))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    def logits(network, stepped):
        ask = tf.function(lambda x: network(x, stepped=stepped))
        return np.concatenate([ask(to_input(val.images[i : i + 100], size)).numpy()
                               for i in range(0, len(val), 100)])

    def differs(found):
        return 100 * float((found.argmax(1) != plain.argmax(1)).mean())

    plain = logits(exact, False)
    print(f"other answers on validation than without int8: {differs(logits(tuned, True)):.1f} % "
          "before", flush=True)
    losses = []
    for done in range(args.steps):
        optimizer.learning_rate.assign(rate_at(done / args.steps, args.rate))
        losses.append(float(step(tf.constant(order.integers(0, len(train), args.batch)))))
        if (done + 1) % 50 == 0 or done + 1 == args.steps:
            print(f"batch {done + 1}/{args.steps}, loss {np.mean(losses[-50:]):.5f}", flush=True)
    stepped, loose = logits(tuned, True), logits(tuned, False)
    print(f"{differs(stepped):.1f} % after")

    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    unfold(model, {name: tuple(v.numpy() for v in pair) for name, pair in tuned.weights.items()})
    network.save(model, out / "average.npz")
    (out / "average.json").write_text(json.dumps(note) + "\n")
    recipe = json.loads((Path(args.run) / "recipe.json").read_text())
    recipe["aware"] = args.steps
    (out / "recipe.json").write_text(json.dumps(recipe, indent=1) + "\n")
    if (Path(args.run) / "log.jsonl").exists():
        shutil.copyfile(Path(args.run) / "log.jsonl", out / "log.jsonl")
    for name, found in (("float before", plain), ("float after", loose), ("int8's steps", stepped)):
        figures = scores(found, val)
        print(f"{name}: validation {100 * figures['accuracy']:.1f} %, "
              f"votes {100 * figures['ferplus']:.1f} %")
    if not math.isfinite(losses[-1]):
        raise SystemExit("the loss is no number; take a smaller --rate")
