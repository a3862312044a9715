"""The network of network.py in PyTorch, for the training step, with both heads in one layer.

Weights travel as npz files under the variable names of the Keras network; `votes/...` and
`moods/...` are the heads.
"""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import LABEL_LOGITS, VOTE_LOGITS
from .shape import BLOCKS, EPSILON, conv_names

# What Keras calls the four arrays of a batch norm, and what PyTorch does.
NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
        "moving_variance": "running_var"}


def same(x, stride):
    """Zeros around `x` as TensorFlow's "SAME" has them for 3x3 kernels: with a stride of two, an
    even side gets its only line at the end."""
    pads = []
    for side in (x.shape[3], x.shape[2]):
        total = max(0, (math.ceil(side / stride) - 1) * stride + 3 - side)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


class Network(nn.Module):
    """[n, 1, S, S] in -1..1 to [n, 15]: logits of the votes head, then of the label head."""

    def __init__(self, width=1.0, dropout=0.3, momentum=0.02):
        super().__init__()
        self.conv, self.norm = nn.ModuleDict(), nn.ModuleDict()
        before = max(8, int(32 * width))
        self._add("conv1", nn.Conv2d(1, before, 3, 2, bias=False), momentum)
        for i, (filters, stride) in enumerate(BLOCKS, 1):
            filters = max(8, int(filters * width))
            self._add(f"conv_dw_{i}", nn.Conv2d(
                before, before, 3, stride, groups=before, bias=False), momentum)
            self._add(f"conv_pw_{i}", nn.Conv2d(before, filters, 1, bias=False), momentum)
            before = filters
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(before, VOTE_LOGITS + LABEL_LOGITS)
        nn.init.normal_(self.head.weight, std=0.002)
        nn.init.zeros_(self.head.bias)

    def _add(self, name, conv, momentum):
        nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
        self.conv[name] = conv
        self.norm[name] = nn.BatchNorm2d(conv.out_channels, EPSILON, momentum)

    def convolve(self, name, x, weight=None):
        conv = self.conv[name]
        if conv.kernel_size[0] == 3:
            x = same(x, conv.stride[0])
        weight = conv.weight if weight is None else weight
        return F.conv2d(x, weight, None, conv.stride, 0, 1, conv.groups)

    def trunk(self, x):
        """The mean over the picture of the last layer's channels."""
        for name in self.conv:
            x = F.relu6(self.norm[name](self.convolve(name, x)))
        return x.mean((2, 3))

    def forward(self, x):
        return self.head(self.dropout(self.trunk(x)))

    @torch.no_grad()
    def start_from(self, folded, pictures):
        """Take over kernels and biases that have their batch norm in them. It is built again
        with the statistics of `pictures`, so that the function is unchanged at first and
        training has its scales and shifts to work with."""
        x = pictures
        for name in self.conv:
            kernel, bias = folded[name]
            weight = from_keras(name, kernel).to(x.device)
            self.conv[name].weight.copy_(weight.reshape(self.conv[name].weight.shape))
            y = self.convolve(name, x)
            mean, variance = y.mean((0, 2, 3)), y.var((0, 2, 3), correction=0)
            shift, norm = torch.as_tensor(bias, dtype=torch.float32).to(x.device), self.norm[name]
            norm.weight.copy_((variance + EPSILON).sqrt())
            norm.bias.copy_(mean + shift)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            x = F.relu6(y + shift[:, None, None])

    @torch.no_grad()
    def folded(self):
        """Kernels and biases with the batch norm in them, as PyTorch orders them."""
        found = {}
        for name, conv in self.conv.items():
            norm = self.norm[name]
            gain = norm.weight / (norm.running_var + EPSILON).sqrt()
            found[name] = (conv.weight * gain[:, None, None, None],
                           norm.bias - norm.running_mean * gain)
        return found

    @torch.no_grad()
    def set_folded(self, folded):
        """Take folded weights; the batch norms then do nothing of their own."""
        for name, (weight, bias) in folded.items():
            norm = self.norm[name]
            self.conv[name].weight.copy_(weight)
            norm.bias.copy_(bias)
            norm.weight.fill_(math.sqrt(1 + EPSILON))
            norm.running_mean.zero_()
            norm.running_var.fill_(1)


def from_keras(name, kernel):
    """A kernel [3, 3, in, out], or [3, 3, channels, 1] where depthwise, in PyTorch's order."""
    order = (2, 3, 0, 1) if "_dw_" in name else (3, 2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(np.asarray(kernel, np.float32).transpose(order)))


def to_keras(name, weight):
    order = (2, 3, 0, 1) if "_dw_" in name else (2, 3, 1, 0)
    return np.ascontiguousarray(weight.detach().float().cpu().numpy().transpose(order))


def save(net, path):
    """Replaced in one move: a run that is stopped here leaves no half of it."""
    found = {}
    for name in conv_names():
        found[f"{name}/kernel"] = to_keras(name, net.conv[name].weight)
        for keras, here in NORM.items():
            found[f"{name}_bn/{keras}"] = getattr(net.norm[name], here).detach().cpu().numpy()
    kernel, bias = net.head.weight.detach().cpu().numpy().T, net.head.bias.detach().cpu().numpy()
    found |= {"votes/kernel": kernel[:, :VOTE_LOGITS], "votes/bias": bias[:VOTE_LOGITS],
              "moods/kernel": kernel[:, VOTE_LOGITS:], "moods/bias": bias[VOTE_LOGITS:]}
    part = Path(path).with_suffix(".tmp.npz")
    np.savez(part, **found)
    part.replace(path)


@torch.no_grad()
def load(net, path):
    with np.load(path) as given:
        for name in conv_names():
            net.conv[name].weight.copy_(from_keras(name, given[f"{name}/kernel"]))
            for keras, here in NORM.items():
                getattr(net.norm[name], here).copy_(torch.from_numpy(given[f"{name}_bn/{keras}"]))
        net.head.weight.copy_(torch.from_numpy(np.concatenate(
            [given["votes/kernel"], given["moods/kernel"]], 1).T.copy()))
        net.head.bias.copy_(torch.from_numpy(
            np.concatenate([given["votes/bias"], given["moods/bias"]])))
