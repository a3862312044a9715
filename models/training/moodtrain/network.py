"""MobileNetV1 on grey pictures with both heads, in Keras: what the int8 file is exported from."""

import keras
import numpy as np
from keras import layers

from . import LABEL_LOGITS, VOTE_LOGITS
from .shape import BLOCKS, EPSILON, conv_names

# Mean of the pictures the pretrained weights were made for, blue green red as
# its own input order was.
FACE_MEAN = np.array([103.939, 116.779, 123.68], np.float32)


def mobilenet_v1(width=1.0):
    """Fully convolutional up to the mean, so one network serves every input size. Both heads are
    one layer: in int8 they share its steps."""

    def channels(n):
        return max(8, int(n * width))

    def unit(x, name):
        x = layers.BatchNormalization(epsilon=EPSILON, name=name + "_bn")(x)
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
    return keras.Model(image, layers.Dense(VOTE_LOGITS + LABEL_LOGITS, name="heads")(x))


def to_input(images, size):
    """Grey bytes at 48 pixels as the device feeds them: bilinear, value / 127.5 - 1."""
    import tensorflow as tf

    x = tf.cast(images, tf.float32)[..., None]
    if size != images.shape[1]:
        x = tf.image.resize(x, (size, size), "bilinear")
    return x / 127.5 - 1.0


def logits_of(model, images, size, batch=128):
    return np.concatenate([
        model(to_input(images[i : i + batch], size), training=False).numpy()
        for i in range(0, len(images), batch)])


def read_folded(path):
    """Kernels and biases with batch norm folded in, by layer: of the face-pretrained file, or of
    an exported model. With an exported model come its heads, `moods` and, where it has one,
    `votes`."""
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

    found, names, heads = {}, conv_names(), None
    for op in runner._get_ops_details():
        kind = op["op_name"]
        if kind == "FULLY_CONNECTED":
            kernel, bias = (real(i) for i in op["inputs"][1:3])
            heads = kernel.T, bias
        elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            kernel, bias = (real(i) for i in op["inputs"][1:3])
            # One output channel after another, or all of one depth.
            order = (1, 2, 0, 3) if kind == "DEPTHWISE_CONV_2D" else (1, 2, 3, 0)
            kernel, name = kernel.transpose(order), names[len(found)]
            # A depthwise kernel is [3, 3, channels, 1] here.
            found[name] = (kernel.transpose(0, 1, 3, 2) if kernel.shape[2] == 1 and "_dw_" in name
                           else kernel), bias
    if set(found) != set(names) or heads is None:
        raise SystemExit(f"{path}: this is not a MobileNetV1 that this chain has exported")
    kernel, bias = heads
    if kernel.shape[1] == LABEL_LOGITS:
        found["moods"] = heads
    else:
        found["votes"] = kernel[:, :VOTE_LOGITS], bias[:VOTE_LOGITS]
        found["moods"] = kernel[:, VOTE_LOGITS:], bias[VOTE_LOGITS:]
    return found


def set_folded(model, folded):
    """Puts folded weights into the network; its batch norms then do nothing of their own."""
    for name in conv_names():
        kernel, bias = folded[name]
        still = np.zeros_like(bias)
        model.get_layer(name).set_weights([kernel])
        model.get_layer(name + "_bn").set_weights(
            [still + np.sqrt(1 + EPSILON), bias, still, still + 1])


def load(model, path):
    """Takes what torchnet.save wrote."""
    with np.load(path) as given:
        for v in model.variables:
            layer, what = v.path.rsplit("/", 1)
            if layer == "heads":
                v.assign(np.concatenate([given[f"votes/{what}"], given[f"moods/{what}"]], -1))
            else:
                v.assign(given[v.path])
