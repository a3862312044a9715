"""The training step: one trunk and two heads, in PyTorch, the same on a CPU and on a GPU."""

import copy
import json
import math
import time
from pathlib import Path

import numpy as np

from . import MOODS, OTHER, VOTE_LOGITS, data

NEUTRAL, SAD, ANGRY = (MOODS.index(m) for m in ("neutral", "sad", "angry"))


def arguments(parser):
    parser.add_argument("--work", required=True, help="folder made by prepare and start")
    parser.add_argument("--run", required=True, help="folder for state, weights and log")
    add = parser.add_argument
    add("--epochs", type=float, default=120,
        help="how often every picture is seen; 0 exports the start as it is")
    add("--minutes", type=float, default=math.inf,
        help="time that the whole run may take, over all its starts; learning rate and end follow "
        "what is nearer, this or --epochs")
    add("--size", type=int, default=96, help="side of the input in pixels")
    add("--grow", default="", metavar="SIZE:SHARE,...",
        help="smaller sizes to begin with, each for that share of the run")
    add("--net", choices=("mobilenet", "resnet"), default="mobilenet",
        help="mobilenet is what ships; resnet, from random weights, can only be a teacher")
    add("--teachers", nargs="*", default=[], metavar="RUN",
        help="runs of teachers: what they answer to the very view that the network learns from is "
        "part of its targets")
    add("--distil", type=float, default=0.7, help="the teachers' part in the targets")
    add("--rate", type=float, default=1.4e-3, help="highest learning rate")
    add("--decay", type=float, default=0.02, help="weight decay")
    add("--batch", type=int, default=512)
    add("--label", type=float, default=0.7, help="weight of the label head in the loss")
    add("--balance", type=float, default=0.3,
        help="how far the votes head is taught to answer as if the moods were equally frequent, "
        "0..1 (logit adjustment): rare moods are found more often, common ones less")
    add("--disturbed", type=float, default=0.6, help="share of pictures disturbed in full")
    add("--soft", type=float, default=0.3, help="share of pictures made as soft as a cut face")
    add("--mixup", type=float, default=0.2, help="share of pictures mixed")
    add("--average", type=float, default=0.998, help="memory of the averaged weights")
    add("--width", type=float, default=1.0)
    add("--save-every", type=float, default=120, metavar="SECONDS")
    add("--measure-every", type=float, default=600, metavar="SECONDS",
        help="how often the averaged weights are measured on validation")
    add("--threads", type=int, default=1, help="on a CPU")
    add("--seed", type=int, default=0)


def rate_at(progress, warm=0.04, lowest=0.01):
    """Part of the highest learning rate when `progress` (0..1) of the run is done."""
    if progress < warm:
        return 0.05 + 0.95 * progress / warm
    angle = math.pi * min(1.0, (progress - warm) / (1 - warm))
    return lowest + (1 - lowest) * 0.5 * (1 + math.cos(angle))


def steps_of(text):
    """`64:0.35,80:0.2` as pairs of size and share of the run."""
    pairs = [pair.split(":") for pair in text.split(",") if pair]
    try:
        return [(int(size), float(share)) for size, share in pairs]
    except ValueError as error:
        raise SystemExit(f"train: --grow {text} is not SIZE:SHARE,SIZE:SHARE,...") from error


def size_at(progress, grow, last):
    """The side of the input when `progress` (0..1) of the run is done."""
    for size, share in grow:
        progress -= share
        if progress < 0:
            return size
    return last


def both(logits):
    """Probabilities of the two heads beside each other, [n, 15]."""
    import torch

    return torch.cat([logits[:, :VOTE_LOGITS].softmax(1), logits[:, VOTE_LOGITS:].softmax(1)], 1)


def scores(p, part):
    """Figures of probabilities or logits [n, 15] on a part."""
    agreed = part.majority >= 0
    truth, mood = part.majority[agreed], p[agreed, : len(MOODS)].argmax(1)
    of_neutral = mood[truth == NEUTRAL]
    recall = [float((mood[truth == m] == m).mean()) if (truth == m).any() else 0.0
              for m in range(len(MOODS))]
    f1 = [2 * np.sum((mood == m) & (truth == m)) / max(1, np.sum(mood == m) + np.sum(truth == m))
          for m in range(len(MOODS))]
    return {
        "majority": float((mood == truth).mean()),
        "macro_f1": float(np.mean(f1)),
        "label": float((p[:, VOTE_LOGITS:].argmax(1) == part.labels).mean()),
        "neutral_as_sad_or_angry": float(np.isin(of_neutral, (SAD, ANGRY)).mean())
        if len(of_neutral) else 0.0,
        "recall": dict(zip(MOODS, recall))}


class Learner:
    """Everything that a run is, and what it needs to go on where it was stopped."""

    def __init__(self, args):
        import torch

        from .views import Views

        self.torch, self.args, self.folder = torch, args, Path(args.run)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if self.device.type == "cpu":
            torch.set_num_threads(args.threads)
        else:
            torch.backends.cudnn.benchmark = True
        torch.manual_seed(args.seed)
        self.generator = torch.Generator(self.device)
        self.generator.manual_seed(args.seed)
        self.views = Views(self.generator)
        self.part, self.val = data.Prepared(args.work, "train"), data.Prepared(args.work, "val")

        def put(array):
            return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

        self.images, self.val_images = put(self.part.images), put(self.val.images)
        votes, labels = data.vote_targets(self.part.votes), data.label_targets(self.part.labels)
        self.grow = steps_of(args.grow)
        self.net = self.build()
        self.teachers = [teacher(run, self.device) for run in args.teachers]
        self.votes, self.labels = put(votes), put(labels)
        often = votes.mean(0) / votes.mean(0).sum()
        # `other` keeps its frequency: it is no mood to be found more often.
        lean = np.log(np.maximum(often, 1e-4))
        lean[OTHER] = np.average(lean[:OTHER], weights=often[:OTHER])
        self.lean = put((args.balance * (lean - lean.mean())).astype(np.float32))

        self.net = self.net.to(self.device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net).eval()
        learnt = list(self.net.named_parameters())
        # Decay is for what multiplies: the pointwise kernels and the heads.
        heavy = [p for n, p in learnt if p.ndim > 1 and "_dw_" not in n and "conv1" not in n]
        chosen = {id(p) for p in heavy}
        self.optimizer = torch.optim.AdamW(
            [{"params": heavy, "weight_decay": args.decay},
             {"params": [p for _, p in learnt if id(p) not in chosen], "weight_decay": 0.0}],
            args.rate, fused=self.device.type == "cuda")
        pairs = [(a, b) for a, b in zip(self.mean.state_dict().values(),
                                        self.net.state_dict().values()) if a.is_floating_point()]
        self.olds, self.news = [a for a, _ in pairs], [b for _, b in pairs]
        self.step, self.spent, self.began = 0, 0.0, time.monotonic()
        self.per_epoch = max(1, len(self.part) // args.batch)

    def build(self):
        """The network that the run begins with."""
        from .views import to_input

        args, torch = self.args, self.torch
        module = module_of(args.net)
        if args.net == "resnet":
            return module.Network(args.width)
        # In a run so short that the weights' average is quick, the statistics must be too.
        net = module.Network(args.width, momentum=1 - min(0.98, args.average))
        start = Path(args.work) / "start.npz"
        if start.exists():
            with np.load(start) as held:
                given = {k: held[k].astype(np.float32) for k in held}
            folded = {n: (given[n + "/kernel"], given[n + "/bias"]) for n in net.conv}
            some = np.random.default_rng(args.seed).permutation(len(self.part))[:256]
            some = torch.from_numpy(self.part.images[some])
            net.start_from(folded, to_input(some, args.size))
            head = [np.concatenate([given[f"votes/{k}"], given[f"moods/{k}"]], -1)
                    for k in ("kernel", "bias")]
            with torch.no_grad():
                net.head.weight.copy_(torch.from_numpy(head[0].T.copy()))
                net.head.bias.copy_(torch.from_numpy(head[1]))
        return net

    def seconds(self):
        """Time that the run has taken, over all its starts."""
        return self.spent + time.monotonic() - self.began

    def progress(self):
        steps = self.per_epoch * self.args.epochs
        return max(self.step / steps if steps else 1.0, self.seconds() / (60 * self.args.minutes))

    def save(self):
        state = {"net": self.net.state_dict(), "mean": self.mean.state_dict(),
                 "optimizer": self.optimizer.state_dict(), "step": self.step,
                 "seconds": self.seconds(), "generator": self.generator.get_state(),
                 "whole": self.views.whole.get_state(),
                 "torch": self.torch.get_rng_state()}
        part = self.folder / "state.tmp"
        self.torch.save(state, part)
        part.replace(self.folder / "state.pt")

    def resume(self):
        path = self.folder / "state.pt"
        if not path.exists():
            return False
        state = self.torch.load(path, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"].cpu())
        self.views.whole.set_state(state["whole"].cpu())
        self.torch.set_rng_state(state["torch"].cpu())
        self.step, self.spent = state["step"], state["seconds"]
        return True

    def order(self, epoch):
        """The batches of an epoch, in an order that the seed decides."""
        found = np.random.default_rng([self.args.seed, epoch]).permutation(len(self.part))
        count = self.per_epoch * self.args.batch
        return self.torch.from_numpy(found[:count].reshape(self.per_epoch, -1)).to(self.device)

    def half(self):
        """Sixteen bits where the hardware is made for them."""
        return self.torch.autocast(
            self.device.type, self.torch.bfloat16, enabled=self.device.type == "cuda")

    def taught(self, x, votes, labels):
        """The targets with the teachers' part in them; a picture that has no votes of its own
        takes theirs alone."""
        torch = self.torch
        with self.half():
            said = torch.stack([both(net(resized(x, size)).float())
                                for net, size in self.teachers]).mean(0)
        own = 1 - self.args.distil
        return (own * votes + (1 - own * votes.sum(1, keepdim=True)) * said[:, :VOTE_LOGITS],
                own * labels + (1 - own * labels.sum(1, keepdim=True)) * said[:, VOTE_LOGITS:])

    def batch(self, chosen):
        """One step of learning; its loss stays on the device."""
        torch, args = self.torch, self.args
        F = torch.nn.functional
        with torch.no_grad():
            progress = min(1.0, self.progress())
            size = size_at(progress, self.grow, args.size)
            x = self.views(self.images[chosen], size, args.disturbed, args.soft)
            x, (votes, labels) = self.views.mix(
                x, [self.votes[chosen], self.labels[chosen]], args.mixup)
            x = x.contiguous(memory_format=torch.channels_last)
            if self.teachers:
                votes, labels = self.taught(x, votes, labels)
        for group in self.optimizer.param_groups:
            group["lr"] = args.rate * rate_at(progress)
        self.net.train()
        with self.half():
            logits = self.net(x)
        logits = logits.float()
        said = F.log_softmax(logits[:, :VOTE_LOGITS] + self.lean, 1)
        loss = -(votes * said).sum(1).mean() - args.label * (
            labels * F.log_softmax(logits[:, VOTE_LOGITS:], 1)).sum(1).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimizer.step()
        self.step += 1
        with torch.no_grad():
            # The average forgets its first steps faster, or it would remember the start.
            keep = min(args.average, (1 + self.step) / (10 + self.step))
            torch._foreach_lerp_(self.olds, self.news, 1 - keep)
        return loss.detach()

    def measure(self, net=None):
        return scores(logits_of(net or self.mean, self.val_images, self.args.size), self.val)


def resized(x, size):
    """Pictures that are ready for a network, brought to another side."""
    import torch

    if size == x.shape[-1]:
        return x
    x = torch.nn.functional.interpolate(x, (size, size), mode="bilinear", align_corners=False)
    return x.contiguous(memory_format=torch.channels_last)


def module_of(net):
    """Where a network of `--net` is made, written and read."""
    from . import resnet, torchnet

    return {"mobilenet": torchnet, "resnet": resnet}[net]


def teacher(run, device):
    """The averaged network of a finished run, and the side of its input."""
    import torch

    note = json.loads((Path(run) / "average.json").read_text())
    module = module_of(note["net"])
    net = module.Network(note["width"])
    module.load(net, Path(run) / "average.npz")
    return net.eval().to(device, memory_format=torch.channels_last), note["size"]


def logits_of(net, images, size, batch=100):
    """Logits [n, 15] of bytes that lie where the network is."""
    import torch

    from .views import to_input

    net.eval()
    with torch.no_grad():
        return torch.cat([
            net(to_input(images[i : i + batch], size).contiguous(
                memory_format=torch.channels_last)).float().cpu()
            for i in range(0, len(images), batch)]).numpy()


def shown(found):
    moods = ", ".join(f"{m} {100 * v:.0f}" for m, v in found["recall"].items())
    return (f"majority {100 * found['majority']:.1f} %, macro F1 {100 * found['macro_f1']:.1f}, "
            f"neutral as sad or angry {100 * found['neutral_as_sad_or_angry']:.1f} %, "
            f"label {100 * found['label']:.1f} %; found: {moods}")


def write_recipe(args, path, epoch):
    """What the run is made with. A run that goes on with other options keeps, under `before`,
    those that it had until then."""
    left_out = ("work", "run", "minutes", "verb", "save_every", "measure_every", "threads")
    recipe = {k: v for k, v in vars(args).items()
              if isinstance(v, (int, float, str)) and k not in left_out}
    recipe["teachers"] = [
        {k: v for k, v in json.loads((Path(one) / "average.json").read_text()).items()
         if k in ("net", "size", "width", "epoch")} for one in args.teachers]
    start = Path(args.work) / "start.json"
    recipe["start"] = json.loads(start.read_text()) if start.exists() else None
    before = []
    if epoch and path.exists():
        held = json.loads(path.read_text())
        before = held.pop("before", [])
        if held != recipe:
            before.append({"until": round(epoch, 2), **held})
    if before:
        recipe["before"] = before
    path.write_text(json.dumps(recipe, indent=1) + "\n")


def run(args):
    """Train the network and both heads, or go on with a run that was stopped."""
    folder = Path(args.run)
    folder.mkdir(parents=True, exist_ok=True)
    learner = Learner(args)
    if learner.resume():
        print(f"going on at step {learner.step}", flush=True)

    write_recipe(args, folder / "recipe.json", learner.step / learner.per_epoch)

    def keep(found):
        module_of(args.net).save(learner.mean, folder / "average.npz")
        epoch = round(learner.step / learner.per_epoch, 2)
        (folder / "average.json").write_text(json.dumps(
            {"epoch": epoch, "net": args.net, "size": args.size, "width": args.width,
             "step": learner.step, "seconds": round(learner.seconds())}) + "\n")
        with open(folder / "log.jsonl", "a") as log:
            log.write(json.dumps({"epoch": epoch, "seconds": round(learner.seconds()),
                                  **found}) + "\n")
        print(f"epoch {epoch:g} on validation: {shown(found)}", flush=True)

    if not learner.step:
        print(f"{len(learner.part)} to learn, {len(learner.val)} held out, on {learner.device}; "
              f"at the start: {shown(learner.measure())}", flush=True)
    saved = measured = told = time.monotonic()
    losses = []
    while learner.progress() < 1:
        epoch, first = divmod(learner.step, learner.per_epoch)
        for chosen in learner.order(epoch)[first:]:
            losses.append(learner.batch(chosen))
            now = time.monotonic()
            if now - told > 60:
                mean = float(learner.torch.stack(losses).mean())
                print(f"epoch {learner.step / learner.per_epoch:.2f}, loss {mean:.4f}, "
                      f"{len(losses) * args.batch / (now - told):.0f} pictures/s, "
                      f"{100 * learner.progress():.1f} % of the run", flush=True)
                if not math.isfinite(mean):
                    raise SystemExit("the loss is no number; take a smaller --rate")
                told, losses = now, []
            if now - measured > args.measure_every:
                keep(learner.measure())
                measured = time.monotonic()
            if now - saved > args.save_every:
                learner.save()
                saved = time.monotonic()
            if learner.progress() >= 1:
                break
    learner.save()
    keep(learner.measure())
