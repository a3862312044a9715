"""From trained weights to a full int8 file: grey in, the logits of both heads out."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import warnings
from pathlib import Path

import numpy as np

from . import MOODS, RESOLUTION, data


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--run", required=True,
                        help="folder of a training run; tuned weights are taken where it has them")
    parser.add_argument("--out", required=True, help="folder for mood.tflite")
    parser.add_argument("--pictures", type=int, default=800,
                        help="train pictures the ranges are measured on")
    parser.add_argument("--neutral", type=float, default=0.0, metavar="LOGIT",
                        help="added to the votes head's logit of neutral: takes back part of what "
                        "`train --balance` gave the rare moods. Choose it on validation; calibrate "
                        "says how often neutral faces are read as sad or angry there")
    parser.add_argument("--seed", type=int, default=0)


def network_of(run, name="exported"):
    """A float network of a run and its note."""
    from . import network

    note = json.loads((Path(run) / f"{name}.json").read_text())
    model = network.mobilenet_v1(note["width"])
    network.load(model, Path(run) / f"{name}.npz")
    return model, note


def favour_neutral(path, by):
    """Add `by` to the bias of neutral in the votes head; the label head stays as it is."""
    with np.load(path) as held:
        arrays = {k: held[k] for k in held}
    arrays["votes/bias"][MOODS.index("neutral")] += by
    np.savez(path, **arrays)


def level(path):
    """Make the weights of the votes head as large as those of the label head: the heads share one
    step in the file, and the larger would make the other coarse. Its logits then are that many
    times what they were, for which the temperature makes up."""
    with np.load(path) as held:
        arrays = {k: held[k] for k in held}
    ratio = float(np.abs(arrays["moods/kernel"]).max() / np.abs(arrays["votes/kernel"]).max())
    for kind in ("kernel", "bias"):
        arrays[f"votes/{kind}"] = arrays[f"votes/{kind}"] * np.float32(ratio)
    np.savez(path, **arrays)
    return ratio


def representative(images, size, count, seed):
    """Pictures for the ranges, plus one that spans the whole input range.

    The span pins the input to scale 1/127.5 and zero point -1 whatever the
    pictures are, so the device's arithmetic stays the same between models.
    """
    from .network import to_input

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
        from .network import to_input

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
    """Export the weights of a run as a full int8 file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    folder, out = Path(args.run), Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    name = "tuned" if (folder / "tuned.npz").exists() else "average"
    # Training may go on meanwhile; the copy is what this export is compared with later.
    for kind in (".npz", ".json"):
        shutil.copyfile(folder / f"{name}{kind}", folder / f"exported{kind}")
    if args.neutral:
        favour_neutral(folder / "exported.npz", args.neutral)
    ratio = level(folder / "exported.npz")
    model, note = network_of(folder)
    train = data.Prepared(args.work, "train")
    (out / "mood.tflite").write_bytes(
        convert(model, note["size"], train.images, args.pictures, args.seed))
    made = Int8Model(out / "mood.tflite")
    note |= {
        "sha256": sha256(out / "mood.tflite"), "pictures": args.pictures, "neutral": args.neutral,
        "votes_times": ratio, "recipe": json.loads((folder / "recipe.json").read_text())}
    (folder / "exported.json").write_text(json.dumps(note, indent=1) + "\n")
    print(f"mood.tflite: {(out / 'mood.tflite').stat().st_size} bytes, {note['size']} px after "
          f"epoch {note['epoch']}, input scale {made.input_scale:.8f} zero {made.input_zero}, "
          f"output scale {made.scale:.6f} zero {made.zero}")
