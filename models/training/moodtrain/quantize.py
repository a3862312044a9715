"""From averaged weights to a full int8 file: grey in, seven logits out."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import warnings
from pathlib import Path

import numpy as np

from . import RESOLUTION, data


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--run", required=True, help="folder of a training run")
    parser.add_argument("--out", required=True, help="folder for mood.tflite")
    parser.add_argument("--size", type=int, default=0,
                        help="input size; 0 takes the size of the run's last stage so far")
    parser.add_argument("--pictures", type=int, default=800,
                        help="train pictures the ranges are measured on")
    parser.add_argument("--lean", type=float, default=0.15,
                        help="how far to lean from the voters' habits towards the labels', "
                        "-1..1; below 0 the other way")
    parser.add_argument("--seed", type=int, default=0)


def label_bias(logits, labels, rounds=800, pace=0.1):
    """What to add to the logits so that the moods come as often as the labels name them.

    Voters say neutral where the labels say sad or fear, and a network taught
    both says so too; a little of this bias gains more on the labels than it
    loses on the votes. Fitted together with a slope, which is divided out.
    """
    slope, bias = 1.0, np.zeros(logits.shape[1])
    truth = np.eye(logits.shape[1])[labels]
    for _ in range(rounds):
        z = logits * slope + bias
        p = np.exp(z - z.max(1, keepdims=True))
        error = (p / p.sum(1, keepdims=True) - truth) / len(labels)
        slope -= pace * (error * logits).sum()
        bias -= pace * error.sum(0)
    return (bias - bias.mean()) / slope


def network_of(run, name="average"):
    """A float network of a run and its note: `average` is the latest, `exported` the shipped."""
    from . import network

    note = json.loads((Path(run) / f"{name}.json").read_text())
    model = network.mobilenet_v1(note["width"])
    network.load(model, Path(run) / f"{name}.npz")
    return model, note


def representative(images, size, count, seed):
    """Pictures for the ranges, plus one that spans the whole input range.

    The span pins the input to scale 1/127.5 and zero point -1 whatever the
    pictures are, so the device's arithmetic stays the same between models.
    """
    from .augment import to_input

    order = np.random.default_rng(seed).permutation(len(images))[:count]
    span = np.zeros((1, RESOLUTION, RESOLUTION), np.uint8)
    span[:, RESOLUTION // 2 :] = 255
    for i in order:
        yield [to_input(images[i : i + 1], size)]
    yield [to_input(span, size)]


def convert(model, size, images, count, seed):
    import keras
    import tensorflow as tf

    fixed = keras.Input((size, size, 1), batch_size=1, name="face")
    still = keras.Model(fixed, model(fixed, training=False))
    converter = tf.lite.TFLiteConverter.from_keras_model(still)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: representative(images, size, count, seed)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    # Older runtimes read per-channel dense layers wrongly and say nothing.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    # The converter prints every variable it meets, and warns of what is meant.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return converter.convert()


class Int8Model:
    """The shipped file, run one picture at a time as the device runs it."""

    def __init__(self, path, threads=1):
        import tensorflow as tf

        # It says at length that it will move to another package one day.
        warnings.filterwarnings("ignore", category=UserWarning, module="tensorflow.lite")
        self.runner = tf.lite.Interpreter(model_path=str(path), num_threads=threads)
        self.runner.allocate_tensors()
        self.input, = self.runner.get_input_details()
        self.output, = self.runner.get_output_details()
        self.size = int(self.input["shape"][1])
        self.input_scale, self.input_zero = self.input["quantization"]
        self.scale, self.zero = self.output["quantization"]

    def raw(self, images):
        """int8 logits of 48x48 grey bytes."""
        from .augment import to_input

        out = []
        for i in range(0, len(images), 256):
            real = to_input(images[i : i + 256], self.size).numpy()
            steps = np.clip(np.round(real / self.input_scale) + self.input_zero, -128, 127)
            for picture in steps.astype(np.int8):
                self.runner.set_tensor(self.input["index"], picture[None])
                self.runner.invoke()
                out.append(self.runner.get_tensor(self.output["index"])[0])
        return np.stack(out)

    def logits(self, images):
        return (self.raw(images).astype(np.float32) - self.zero) * self.scale


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def run(args):
    """Export the averaged weights of a run as a full int8 file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    folder, out = Path(args.run), Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    # Training may go on meanwhile; the copy is what this export is compared with later.
    for kind in (".npz", ".json"):
        shutil.copyfile(folder / f"average{kind}", folder / f"exported{kind}")
    model, note = network_of(folder, "exported")
    size = args.size or note["size"]
    if args.lean:
        from .network import save
        from .train import logits_of

        val, head = data.Prepared(args.work, "val"), model.get_layer("moods")
        kernel, bias = head.get_weights()
        lean = args.lean * label_bias(logits_of(model, val.images, size), val.labels)
        head.set_weights([kernel, bias + lean])
        save(model, folder / "exported.npz")
    train = data.Prepared(args.work, "train")
    (out / "mood.tflite").write_bytes(convert(model, size, train.images, args.pictures, args.seed))
    made = Int8Model(out / "mood.tflite")
    note |= {
        "sha256": sha256(out / "mood.tflite"), "size": size, "pictures": args.pictures,
        "lean": args.lean, "recipe": json.loads((folder / "recipe.json").read_text())}
    (folder / "exported.json").write_text(json.dumps(note, indent=1) + "\n")
    print(f"mood.tflite: {(out / 'mood.tflite').stat().st_size} bytes, {size} px after epoch "
          f"{note['epoch']}, input scale {made.input_scale:.8f} zero {made.input_zero}, "
          f"output scale {made.scale:.6f} zero {made.zero}")
