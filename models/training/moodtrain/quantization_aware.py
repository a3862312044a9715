"""Tuning that knows it will be int8: to answer on int8's steps as the network does without."""

import copy
import json
from pathlib import Path

import numpy as np

from . import VOTE_LOGITS, data


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare")
    parser.add_argument("--run", required=True,
                        help="training run; its average.npz is read and tuned.npz written")
    parser.add_argument("--steps", type=int, default=300, help="batches to tune on")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-5, help="highest learning rate")
    parser.add_argument("--disturbed", type=float, default=0.5, help="share of pictures disturbed")
    parser.add_argument("--pictures", type=int, default=800,
                        help="train pictures the ranges are measured on")
    parser.add_argument("--threads", type=int, default=1, help="on a CPU")
    parser.add_argument("--seed", type=int, default=0)


class Stepped:
    """The folded network as the file computes it: kernels on 255 steps for each output channel
    (one for all of the heads), what lies between two layers on 256. Gradients pass through."""

    def __init__(self, net):
        import torch

        self.torch, self.net = torch, net
        names = {name.replace("_", "-"): name for name in net.conv}
        self.weights = torch.nn.ParameterDict()
        for key, name in names.items():
            weight, bias = net.folded()[name]
            self.weights[key + ":kernel"] = torch.nn.Parameter(weight.clone())
            self.weights[key + ":bias"] = torch.nn.Parameter(bias.clone())
        self.weights["head:kernel"] = torch.nn.Parameter(net.head.weight.detach().clone())
        self.weights["head:bias"] = torch.nn.Parameter(net.head.bias.detach().clone())
        self.names, self.ranges = names, {}

    def parameters(self):
        return list(self.weights.parameters())

    def _round(self, x, step):
        return x + (self.torch.round(x / step) * step - x).detach()

    def _kernel(self, key):
        weight = self.weights[key + ":kernel"]
        size = weight.detach().abs()
        most = size.max() if key == "head" else size.amax((1, 2, 3), keepdim=True)
        return self._round(weight, most.clamp(min=1e-8) / 127)

    def _between(self, key, x, seen):
        if seen is not None:
            x, (low, high) = x.detach(), seen.get(key, (0.0, 0.0))
            seen[key] = min(low, float(x.min())), max(high, float(x.max()))
            return x
        low, high = self.ranges[key]
        return self._round(x.clamp(low, high), max(high - low, 1e-6) / 255)

    def __call__(self, x, seen=None):
        """With `seen`, without steps, and the ranges are widened to what comes by."""
        F = self.torch.nn.functional
        for key, name in self.names.items():
            kernel = self.weights[key + ":kernel"] if seen is not None else self._kernel(key)
            bias = self.weights[key + ":bias"][:, None, None]
            x = self._between(key, F.relu6(self.net.convolve(name, x, kernel) + bias), seen)
        x = self._between("mean", x.mean((2, 3)), seen)
        kernel = self.weights["head:kernel"] if seen is not None else self._kernel("head")
        return self._between("head", F.linear(x, kernel, self.weights["head:bias"]), seen)

    def put_into(self, net):
        """The tuned weights, without steps, as a network whose batch norms do nothing."""
        net.set_folded({name: (self.weights[key + ":kernel"].detach(),
                               self.weights[key + ":bias"].detach())
                        for key, name in self.names.items()})
        with self.torch.no_grad():
            net.head.weight.copy_(self.weights["head:kernel"])
            net.head.bias.copy_(self.weights["head:bias"])


def run(args):
    """Tune a trained network so that its int8 file answers as the network itself does."""
    import torch

    from . import torchnet
    from .train import logits_of, rate_at, scores, shown
    from .views import Views, to_input

    F = torch.nn.functional
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    generator = torch.Generator(device)
    generator.manual_seed(args.seed)
    views, folder = Views(generator), Path(args.run)
    note = json.loads((folder / "average.json").read_text())
    size = note["size"]
    exact = torchnet.Network(note["width"]).eval()
    torchnet.load(exact, folder / "average.npz")
    exact = exact.to(device, memory_format=torch.channels_last)
    stepped = Stepped(exact)
    train, val = data.Prepared(args.work, "train"), data.Prepared(args.work, "val")
    images = torch.from_numpy(train.images).to(device)
    held = torch.from_numpy(val.images).to(device)
    order = np.random.default_rng(args.seed)
    seen = {}
    with torch.no_grad():
        for chosen in np.array_split(order.permutation(len(train))[: args.pictures], 16):
            stepped(to_input(images[torch.from_numpy(chosen).to(device)], size), seen)
    stepped.ranges = seen

    @torch.no_grad()
    def answers():
        return np.concatenate([stepped(to_input(held[i : i + 100], size)).cpu().numpy()
                               for i in range(0, len(held), 100)])

    plain = logits_of(exact, held, size)

    def differs(found):
        other = found[:, :VOTE_LOGITS].argmax(1) != plain[:, :VOTE_LOGITS].argmax(1)
        return f"{100 * other.mean():.1f} %"

    print(f"other answers on validation than without int8: {differs(answers())} before", flush=True)
    optimizer = torch.optim.Adam(stepped.parameters(), args.rate)
    for done in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate_at(done / args.steps)
        chosen = torch.from_numpy(order.integers(0, len(train), args.batch)).to(device)
        with torch.no_grad():
            x = views(images[chosen], size, args.disturbed)
            wanted = exact(x)
        said = stepped(x)
        loss = sum(F.kl_div(F.log_softmax(said[:, part], 1), F.log_softmax(wanted[:, part], 1),
                            reduction="batchmean", log_target=True)
                   for part in (slice(0, VOTE_LOGITS), slice(VOTE_LOGITS, None)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(stepped.parameters(), 1.0)
        optimizer.step()
        if (done + 1) % 50 == 0 or done + 1 == args.steps:
            print(f"batch {done + 1}/{args.steps}, loss {float(loss.detach()):.5f}", flush=True)
            if not torch.isfinite(loss):
                raise SystemExit("the loss is no number; take a smaller --rate")
    found = answers()
    print(f"{differs(found)} after")
    print(f"float before: {shown(scores(plain, val))}\nint8's steps: {shown(scores(found, val))}")
    tuned = copy.deepcopy(exact)
    stepped.put_into(tuned)
    torchnet.save(tuned, folder / "tuned.npz")
    (folder / "tuned.json").write_text(json.dumps({**note, "aware": args.steps}) + "\n")
