"""A teacher of the network that ships: ResNet-18 with channel gates (squeeze and excitation, Hu et
al. 2018), made for small pictures: its first layer keeps their size."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import LABEL_LOGITS, VOTE_LOGITS


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))
        # At first a block passes on what it is given.
        nn.init.zeros_(self.body[4].weight)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(after, after // 8, 1), nn.ReLU(),
            nn.Conv2d(after // 8, after, 1), nn.Sigmoid())
        self.beside = nn.Identity() if (before, stride) == (after, 1) else nn.Sequential(
            nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.body(x)
        return F.relu(y * self.gate(y) + self.beside(x))


class Network(nn.Module):
    """[n, 1, S, S] in -1..1 to [n, 15]: logits of the votes head, then of the label head."""

    def __init__(self, width=1.0, dropout=0.3):
        super().__init__()
        before = first = max(16, int(64 * width))
        layers = [nn.Conv2d(1, first, 3, 1, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU()]
        for times, stride in ((1, 1), (2, 2), (4, 2), (8, 2)):
            layers += [Block(before, times * first, stride), Block(times * first, times * first, 1)]
            before = times * first
        self.body, self.dropout = nn.Sequential(*layers), nn.Dropout(dropout)
        self.head = nn.Linear(before, VOTE_LOGITS + LABEL_LOGITS)

    def forward(self, x):
        return self.head(self.dropout(self.body(x).mean((2, 3))))


def save(net, path):
    """Replaced in one move: a run that is stopped here leaves no half of it."""
    part = path.with_suffix(".tmp.npz")
    np.savez(part, **{k: v.cpu().numpy() for k, v in net.state_dict().items()})
    part.replace(path)


def load(net, path):
    with np.load(path) as given:
        net.load_state_dict({k: torch.from_numpy(given[k]) for k in given})
