"""MobileNetV1, V2 and V3-small by one short recipe: what each buys for its size and time."""

import json
import os
import time
from pathlib import Path

import numpy as np

from . import MOODS, data

NAMES = ["MobileNetV1", "MobileNetV2", "MobileNetV3-small"]


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--run", required=True,
                        help="folder for backbones.json; a network that stands there is not "
                        "trained again")
    parser.add_argument("--size", type=int, default=64, help="input size")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--pictures", type=int, default=0, help="train pictures; 0 takes all")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)


def build(name, size, width):
    """A network with random weights, grey in and seven logits out."""
    import keras

    from . import network

    if name == "MobileNetV1":
        return network.mobilenet_v1(width, momentum=0.95)
    given = {"input_shape": (size, size, 1), "alpha": width, "include_top": False,
             "weights": None, "pooling": "avg"}
    if name == "MobileNetV2":
        body = keras.applications.MobileNetV2(**given)
    else:
        body = keras.applications.MobileNetV3Small(**given, include_preprocessing=False)
    for layer in body.layers:
        # The default keeps a thousand batches in mind: too many for so short a run.
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.95
    x = keras.layers.Dropout(0.4)(body.output)
    return keras.Model(body.input, keras.layers.Dense(len(MOODS))(x))


def multiplications(model, size):
    """Multiply-accumulate operations of one inference, in millions."""
    import keras

    kinds = (keras.layers.DepthwiseConv2D, keras.layers.Conv2D, keras.layers.Dense)
    counted = [layer for layer in model.layers if isinstance(layer, kinds)]
    probe = keras.Model(model.input, [layer.output for layer in counted])
    total = 0
    for layer, out in zip(counted, probe(np.zeros((1, size, size, 1), np.float32))):
        places = np.prod(out.shape[1:])
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            total += places * np.prod(layer.kernel_size)
        elif isinstance(layer, keras.layers.Conv2D):
            total += places * np.prod(layer.kernel.shape[:3])
        else:
            total += np.prod(layer.kernel.shape)
    return float(total) / 1e6


def train(model, args, part):
    """The recipe: AdamW under one cosine, FER+ votes and labels by half, light disturbance."""
    import keras
    import tensorflow as tf

    from .augment import augment
    from .train import rate_at

    images = tf.constant(part.images)
    targets = tf.constant(data.targets(part.labels, part.votes))
    optimizer = keras.optimizers.AdamW(args.rate, weight_decay=0.02, global_clipnorm=1.0)

    @tf.function
    def step(x, t):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits(t, model(x, training=True)))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    rng = np.random.default_rng(args.seed)
    count = min(args.pictures or len(part), len(part))
    kept = rng.permutation(len(part))[:count]
    per_epoch = count // args.batch
    for epoch in range(args.epochs):
        order = rng.permutation(kept)[: per_epoch * args.batch].reshape(-1, args.batch)
        batches = tf.data.Dataset.from_tensor_slices(order).map(
            lambda chosen: augment(tf.gather(images, chosen), tf.gather(targets, chosen),
                                   args.size, 0.0, 0.5), 1).prefetch(3)
        losses = []
        for i, (x, t) in enumerate(batches):
            progress = (epoch * per_epoch + i) / (args.epochs * per_epoch)
            optimizer.learning_rate.assign(rate_at(progress, args.rate))
            losses.append(float(step(x, t)))
        print(f"epoch {epoch + 1}/{args.epochs}: loss {np.mean(losses):.4f}", flush=True)


def measure(name, args, part, test):
    import keras

    from .evaluate import time_of
    from .quantize import Int8Model, convert
    from .train import logits_of, scores

    keras.utils.set_random_seed(args.seed)
    model = build(name, args.size, args.width)
    began = time.process_time()
    train(model, args, part)
    spent = time.process_time() - began
    file = Path(args.run) / f"{name}.tflite"
    file.write_bytes(convert(model, args.size, part.images, 200, args.seed))
    found = scores(logits_of(model, test.images, args.size), test)
    small = Int8Model(file)
    int8 = scores(small.logits(test.images), test)
    return {"parameters": model.count_params(), "mmac": multiplications(model, args.size),
            "accuracy": found["accuracy"], "int8": int8["accuracy"], "ferplus": int8["ferplus"],
            "bytes": file.stat().st_size, "milliseconds": time_of(small, test.images[0]),
            "cpu_seconds": round(spent)}


def run(args):
    """Compare MobileNetV1, V2 and V3-small by one short recipe, from random weights."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    part, test = data.Prepared(args.work, "train"), data.Prepared(args.work, "test")
    folder = Path(args.run)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "backbones.json"
    recipe = {"size": args.size, "epochs": args.epochs, "rate": args.rate, "batch": args.batch,
              "pictures": args.pictures or len(part), "width": args.width, "seed": args.seed}
    report = json.loads(file.read_text()) if file.exists() else {"recipe": recipe, "networks": {}}
    if report["recipe"] != recipe:
        raise SystemExit(f"{file} was made by another recipe: {report['recipe']}")
    for name in NAMES:
        if name not in report["networks"]:
            print(f"== {name}", flush=True)
            report["networks"][name] = measure(name, args, part, test)
            file.write_text(json.dumps(report, indent=1) + "\n")
        r = report["networks"][name]
        print(f"{name:18} {r['parameters']:9} parameters, {r['mmac']:.1f} MMAC, test "
              f"{100 * r['accuracy']:.1f} % (int8 {100 * r['int8']:.1f} %), "
              f"{r['milliseconds']:.2f} ms", flush=True)
