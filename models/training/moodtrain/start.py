"""What training begins with: weights from elsewhere, and heads fitted to their answers."""

import hashlib
import json
import os
import tomllib
from pathlib import Path

import numpy as np

from . import data


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--weights", required=True,
                        help="face-pretrained weights (.npz), or a model that this chain has "
                        "exported (.tflite)")
    parser.add_argument("--size", type=int, default=96, help="side of the input in pixels")


def regression(x, t, decay=0.01, rounds=300):
    """Softmax regression of the distributions `t` on `x`: (kernel, bias), by Nesterov's gradient.
    A row of zeros in `t` is left out."""
    some = t.sum(1) > 0
    x, t = x[some], t[some]
    middle, spread = x.mean(0), x.std(0)
    # A column that hardly moves is not blown up: in int8 one large weight makes the steps of all
    # others coarse.
    spread = np.maximum(spread, np.median(spread) + 1e-6)
    z = np.concatenate([(x - middle) / spread, np.ones((len(x), 1))], 1).astype(np.float32)
    # The pace that the steepest direction allows: the loss bends by at most half of the largest
    # eigenvalue of z'z/n, which a few rounds of power iteration find.
    v = np.ones(z.shape[1], np.float32)
    for _ in range(20):
        v = z.T @ (z @ v) / len(z)
        largest = float(np.linalg.norm(v))
        v /= largest
    pace = 1 / (0.5 * largest + decay)
    w = ahead = np.zeros((z.shape[1], t.shape[1]), np.float32)
    for i in range(rounds):
        logits = z @ ahead
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        slope = z.T @ (p - t) / len(z)
        slope[:-1] += decay * ahead[:-1]
        before, w = w, ahead - pace * slope
        ahead = w + i / (i + 3) * (w - before)
    kernel = w[:-1] / spread[:, None]
    return kernel.astype(np.float32), (w[-1] - middle @ kernel).astype(np.float32)


def origin(path):
    """What the weights are, in words: from the sidecar beside an exported model, if it is its."""
    path = Path(path)
    if path.suffix != ".tflite":
        return "face-pretrained (VGGFace2) weights"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for beside in (path.with_suffix(".toml"), path.parent / "mood.toml"):
        card = tomllib.loads(beside.read_text()) if beside.is_file() else {}
        if card.get("sha256") == digest:
            return f"the trunk of mood {card['version']} (sha256 {digest[:16]})"
    return f"the trunk of an exported model (sha256 {digest[:16]})"


def run(args):
    """Write the weights that training begins with, and fit the heads that they lack."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    from . import network

    part = data.Prepared(args.work, "train")
    given = network.read_folded(args.weights)
    model = network.mobilenet_v1()
    network.set_folded(model, given)
    body = keras.Model(model.input, model.get_layer("mean").output)
    ask = tf.function(lambda x: body(x, training=False))

    def means(images):
        found = []
        for i in range(0, len(images), 128):
            found.append(ask(network.to_input(images[i : i + 128], args.size)).numpy())
            if i // 128 % 50 == 49:
                print(f"{i + 128} of {len(images)} pictures", flush=True)
        return np.concatenate(found)

    plain, fitted = means(part.images), []
    for name, targets in (("votes", data.vote_targets(part.votes)),
                          ("moods", data.label_targets(part.labels))):
        if name not in given:
            given[name] = regression(plain, targets)
            fitted.append(name)
    arrays = {f"{name}/{kind}": array for name, pair in given.items()
              for kind, array in zip(("kernel", "bias"), pair)}
    work = Path(args.work)
    np.savez(work / "start.tmp.npz", **arrays)
    (work / "start.tmp.npz").replace(work / "start.npz")
    (work / "start.json").write_text(json.dumps(
        {"origin": origin(args.weights), "fitted": fitted, "size": args.size}, indent=1) + "\n")
    print(f"{work / 'start.npz'}: {origin(args.weights)}; fitted by regression: "
          + (", ".join(fitted) or "nothing"))
