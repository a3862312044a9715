"""The shape of MobileNetV1, for the two frameworks that build it: Keras exports, PyTorch trains."""

# Filters and stride of each block of a depthwise and a pointwise convolution.
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [
    (1024, 2),
    (1024, 1),
]
EPSILON = 1e-3


def conv_names():
    return ["conv1"] + [f"conv_{k}_{i}" for i in range(1, 14) for k in ("dw", "pw")]
