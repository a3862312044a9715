"""MobileNetV1 on grey pictures, and how it takes over the face-pretrained weights."""

import keras
import numpy as np
from keras import layers

from . import MOODS

BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [
    (1024, 2),
    (1024, 1),
]
EPSILON = 1e-3
# Mean of the pictures the pretrained weights were made for, blue green red as
# its own input order was.
FACE_MEAN = np.array([103.939, 116.779, 123.68], np.float32)


def mobilenet_v1(width=1.0, dropout=0.4, momentum=0.98):
    """Fully convolutional up to the mean, so one network serves every input size."""

    def channels(n):
        return max(8, int(n * width))

    def unit(x, name):
        x = layers.BatchNormalization(momentum=momentum, epsilon=EPSILON, name=name + "_bn")(x)
        return layers.ReLU(6.0, name=name + "_relu")(x)

    x = image = layers.Input((None, None, 1), name="face")
    x = layers.Conv2D(channels(32), 3, 2, "same", use_bias=False, name="conv1")(x)
    x = unit(x, "conv1")
    for i, (filters, stride) in enumerate(BLOCKS, 1):
        depthwise, pointwise = f"conv_dw_{i}", f"conv_pw_{i}"
        x = layers.DepthwiseConv2D(3, stride, "same", use_bias=False, name=depthwise)(x)
        x = unit(x, depthwise)
        x = layers.Conv2D(channels(filters), 1, 1, "same", use_bias=False, name=pointwise)(x)
        x = unit(x, pointwise)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Dense(
        len(MOODS), kernel_initializer=keras.initializers.RandomNormal(stddev=0.002), name="moods"
    )(x)
    return keras.Model(image, x)


def conv_names():
    return ["conv1"] + [f"conv_{k}_{i}" for i in range(1, 14) for k in ("dw", "pw")]


def read_folded(path):
    """Kernels and biases with batch norm folded in: of the face-pretrained file, or of an
    exported model, which a new run may start from. With an exported model comes its head."""
    if str(path).endswith(".tflite"):
        return read_exported(path)
    found = {}
    with np.load(path) as given:
        for name in conv_names():
            kernel, bias = given[name + "/kernel"], given[name + "/bias"]
            if name == "conv1":
                # Grey means equal colours, so the three planes add up to one;
                # our input is value / 127.5 - 1 instead of value - mean.
                bias = bias + (kernel * (127.5 - FACE_MEAN).reshape(1, 1, 3, 1)).sum((0, 1, 2))
                kernel = kernel.sum(2, keepdims=True) * 127.5
            found[name] = kernel, bias
    return found


def read_exported(path):
    """The int8 weights of an exported model as real numbers."""
    import tensorflow as tf

    runner = tf.lite.Interpreter(
        model_path=str(path), experimental_op_resolver_type=tf.lite.experimental.OpResolverType
        .BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    runner.allocate_tensors()
    details = {d["index"]: d for d in runner.get_tensor_details()}

    def real(index):
        params, raw = details[index]["quantization_parameters"], runner.get_tensor(index)
        shape = [1] * raw.ndim
        if len(params["scales"]) > 1:
            shape[params["quantized_dimension"]] = -1
        return raw.astype(np.float32) * params["scales"].reshape(shape)

    found, names = {}, conv_names()
    for op in runner._get_ops_details():
        kind = op["op_name"]
        if kind == "FULLY_CONNECTED":
            kernel, bias = (real(i) for i in op["inputs"][1:3])
            found["moods"] = kernel.T, bias
        elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            kernel, bias = (real(i) for i in op["inputs"][1:3])
            # One output channel after another, or all of one depth.
            order = (1, 2, 0, 3) if kind == "DEPTHWISE_CONV_2D" else (1, 2, 3, 0)
            found[names[len(found)]] = kernel.transpose(order), bias
    if set(found) != {*names, "moods"}:
        raise SystemExit(f"{path}: this is not a MobileNetV1 that this chain has exported")
    return found


def load_folded(model, path, pictures):
    """Start from folded weights.

    Batch norm is built again around each convolution with the statistics of
    our own pictures: the function is unchanged at first and training has its
    scales and shifts to work with.
    """
    given = read_folded(path)
    for name in conv_names():
        kernel, bias = given[name]
        layer = model.get_layer(name)
        layer.set_weights([kernel.reshape(layer.get_weights()[0].shape)])
        probe = keras.Model(model.input, layer.output)
        out = probe.predict(pictures, verbose=0, batch_size=64)
        mean, var = out.mean((0, 1, 2)), out.var((0, 1, 2))
        model.get_layer(name + "_bn").set_weights(
            [np.sqrt(var + EPSILON), mean + bias, mean, var]
        )
    if "moods" in given:
        model.get_layer("moods").set_weights(list(given["moods"]))


def save(model, path):
    np.savez(path, **{v.path: v.numpy() for v in model.variables if "seed" not in v.path})


def load(model, path):
    with np.load(path) as given:
        for v in model.variables:
            if "seed" not in v.path:
                v.assign(given[v.path])
