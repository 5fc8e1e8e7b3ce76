#!/usr/bin/env python3
"""One training twice, by tailbit and by PyTorch, from the same weights and with the same batches:

    lockstep.py TAILBIT FOLDER --data-dir D [options of tailbit train]

By default ResNet-18 on Tiny ImageNet, ERM with the 7x7 stem, long-tailed, rho 100, 20 epochs, seed 0; --method may also be
CB-RW, ERM-DRW, LDAM or LDAM-DRW, --stem 3x3. With --data cifar10 it is ResNet-32 on CIFAR-10. PyTorch draws the initial weights, which tailbit reads (--init). The order of the examples, crops and
mirrors are drawn anew here, from Philox (tests/datasets/crops_oracle.py), the pictures of Tiny ImageNet are decoded by Pillow, and the learning
rates, margins and class counts are read from tailbit's run file. Prints the losses of both in the first steps, then mean loss and
test error of both for each epoch. The run and its check-points stay in FOLDER; the same command resumes tailbit's part."""
import argparse
import io
import pathlib
import subprocess
import sys
import time

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "golden"), str(HERE.parent / "datasets")]
import nn_network
from crops_oracle import MASK, MEAN, STD, expected, philox
from nn_resnet import ResNet

torch.set_default_dtype(torch.float32)
ORDER, SHOWN = 2, list(range(1, 11)) + [20, 30, 40, 50]
# margins, weights
METHODS = {"ERM": (False, None), "CB-RW": (False, "always"), "ERM-DRW": (False, "deferred"), "LDAM": (True, None), "LDAM-DRW": (True, "deferred")}
CIFAR_MEAN, CIFAR_STD = np.float32([0.4914, 0.4822, 0.4465]), np.float32([0.2023, 0.1994, 0.2010])


def below(seed, epoch, position, n):
    """core_rng_below of the purpose "order" at index 0."""
    refused, retry = (2**64 - n) % n, 0
    while True:
        word = philox((0, position & MASK, epoch, ORDER << 24 | retry << 16 | position >> 32), (seed & MASK, seed >> 32))
        for half in (0, 1):
            product = (word[2 * half + 1] << 32 | word[2 * half]) * n
            if product & 2**64 - 1 >= refused:
                return product >> 64
        retry += 1


def epoch_order(seed, epoch, n):
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = below(seed, epoch, i, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def packed_pictures(folder):
    """{part: [(picture, label)]} of an imported set (docs/pictures.md)."""
    head, *lines = [line.split("\t") for line in (folder / "index.txt").read_text().splitlines()]
    packs, parts = {}, {"train": [], "test": []}
    for part, label, _, _, pack, offset, count in (line[1:8] for line in lines[int(head[2]) :]):
        if pack not in packs:
            packs[pack] = (folder / f"pictures-{int(pack):03}.pack").read_bytes()
        with Image.open(io.BytesIO(packs[pack][int(offset) : int(offset) + int(count)])) as opened:
            parts[part].append((opened.convert("RGB"), int(label)))
    return parts


def cifar_pictures(folder):
    """The same of CIFAR-10's binary files: a byte of the label, then 32 x 32 bytes of each channel."""

    def read(name):
        records = np.fromfile(folder / name, np.uint8).reshape(-1, 1 + 3 * 32 * 32)
        return [(Image.fromarray(r[1:].reshape(3, 32, 32).transpose(1, 2, 0).copy()), int(r[0])) for r in records]

    return {"train": sum((read(f"data_batch_{i}.bin") for i in range(1, 6)), []), "test": read("test_batch.bin")}


def draw_weights(args, classes, path):
    """PyTorch's own first weights, drawn as torchvision or, for CIFAR, the released code draws them, in an archive for --init."""
    torch.manual_seed(0)
    cifar, head = args.data == "cifar10", "cosine" if METHODS[args.method][0] else "linear"
    net = nn_network.ResNet(32, head) if cifar else ResNet(f"18-{args.stem}", head, classes)
    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, mode="fan_in" if cifar else "fan_out", nonlinearity="relu")
    if METHODS[args.method][0]:
        torch.nn.init.xavier_uniform_(net.linear.weight)
    elif cifar:
        torch.nn.init.kaiming_normal_(net.linear.weight)
    np.savez(path, **{k: v.numpy() for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")})
    return net


def train_tailbit(words, path, folder):
    """Runs tailbit and keeps the check-point inside each of the first two epochs, which has the losses of their steps."""
    kept = [folder / f"epoch{e}.h5" for e in (0, 1)]
    process = subprocess.Popen(words)
    while process.poll() is None:
        time.sleep(0.05)
        try:
            with h5py.File(path, "r") as file:
                epoch, step = (int(file["state"].attrs[key]) for key in ("epoch", "step"))
        except (OSError, KeyError):
            continue
        if step > 0 and epoch < 2 and not kept[epoch].exists():
            kept[epoch].write_bytes(path.read_bytes())
    if process.returncode != 0 or not all(file.exists() for file in kept):
        sys.exit(f"tailbit ended with {process.returncode}, or a check-point of the first two epochs was not seen; empty {folder} to begin anew")
    return kept


def step_losses(path, batch):
    with h5py.File(path, "r") as file:
        steps, losses = int(file["state"].attrs["step"]), file["state/running/loss"][:]
    return [losses[s * batch : (s + 1) * batch].sum() for s in range(steps)]


def as_torch(inputs):
    """Channels first in memory too: np.stack keeps the order of crops, and in channels_last brgconv_1x1:avx512_core of oneDNN 3.7
    computes the 1x1 convolutions from 256 to 512 channels wrong on a Zen 5, by half of the largest output."""
    return torch.from_numpy(np.ascontiguousarray(np.stack(inputs)))


class Trainer:
    def __init__(self, net, run, pictures):
        self.net, self.pictures = net, pictures
        self.config = dict(run["config"].attrs)
        self.index, self.rates = run["split/train_index"][:], run["epochs/lr"][:]
        self.counts = torch.tensor(run["split/class_counts"][:], dtype=torch.float64)
        margin, weighs = METHODS[self.config["method"]]
        self.weighs_from = {None: len(self.rates), "always": 0, "deferred": int(self.config.get("switch", 0))}[weighs]
        cifar = self.config["data"] == "cifar10"
        self.crop, self.mean, self.std = ("pad4", CIFAR_MEAN, CIFAR_STD) if cifar else ("pad8", MEAN, STD)
        self.margins = torch.tensor(run["margins/target"][:], dtype=torch.float32) if margin else None
        rate = {key: float(self.config[key]) for key in ("momentum", "weight_decay")}
        self.optimiser = torch.optim.SGD(net.parameters(), lr=0.1, **rate)

    def loss(self, z, target, epoch):
        weights = None
        if epoch >= self.weighs_from:
            beta = float(self.config["beta"])
            weights = ((1 - beta) / (1 - beta**self.counts)).float()
        if self.margins is not None:
            z = float(self.config["scale"]) * (z - F.one_hot(target, z.shape[1]) * self.margins)
        return F.cross_entropy(z, target, weights)

    def inputs(self, pictures, draws):
        return as_torch([expected(picture, self.crop, 0, 0, draw, self.mean, self.std) for (picture, _), draw in zip(pictures, draws)])

    def train_epoch(self, epoch):
        """The losses of its steps."""
        seed, batch, losses = int(self.config["seed"]), int(self.config["batch"]), []
        order = epoch_order(seed, epoch, len(self.index))
        self.net.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rates[epoch]
        for begin in range(0, len(order), batch):
            chosen = [self.pictures["train"][self.index[o]] for o in order[begin : begin + batch]]
            inputs = self.inputs(chosen, [(seed, epoch, begin + i) for i in range(len(chosen))])
            loss = self.loss(self.net.linear(self.net.features(inputs)), torch.tensor([k for _, k in chosen]), epoch)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            losses.append(loss.item())
        return losses

    @torch.no_grad()
    def test_error(self):
        self.net.eval()
        wrong, part = 0, self.pictures["test"]
        for begin in range(0, len(part), 100):
            chosen = part[begin : begin + 100]
            z = self.net.linear(self.net.features(self.inputs(chosen, [None] * len(chosen))))
            wrong += (z.argmax(1).numpy() != [k for _, k in chosen]).sum()
        return 100 * wrong / len(part)


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("tailbit")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--data", choices=("tiny_imagenet", "cifar10"), default="tiny_imagenet")
    parser.add_argument("--method", choices=METHODS, default="ERM")
    parser.add_argument("--stem", choices=("7x7", "3x3"), default="7x7")
    parser.add_argument("--epochs", default="20")
    args, more = parser.parse_known_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    pictures = (cifar_pictures if args.data == "cifar10" else packed_pictures)(args.data_dir / args.data)
    net = draw_weights(args, 1 + max(k for _, k in pictures["train"]), args.folder / "init.npz")
    path = args.folder / f"{args.method}.h5"
    words = [args.tailbit, "train", "--data", args.data, "--data-dir", args.data_dir, "--method", args.method, "--imbalance", "long-tailed", "--rho", "100"]
    words += ["--epochs", args.epochs, "--init", args.folder / "init.npz", "--out", path, "--save-every", "30steps"]
    if args.data == "tiny_imagenet":
        words += ["--model", "resnet18", "--stem", args.stem, "--crop", "pad8", "--drop-factor", "0.1"]
    kept = train_tailbit(words + more, path, args.folder)
    with h5py.File(path, "r") as run:
        trainer, theirs, means = Trainer(net, run, pictures), run["epochs/test_error"][:], run["epochs/train_loss"][:]
        count, batch = len(run["split/train_index"]), int(run["config"].attrs["batch"])
        steps = -(-count // batch)
    ours = {}
    for epoch, file in enumerate(kept):
        ours |= {epoch * steps + s + 1: loss for s, loss in enumerate(step_losses(file, batch))}
    step = 0
    print("step tailbit PyTorch relative difference", flush=True)
    for epoch in range(len(theirs)):
        losses = trainer.train_epoch(epoch)
        for loss in losses:
            step += 1
            if step in SHOWN and step in ours:
                print(f"{step} {ours[step]:.6f} {loss:.6f} {abs(ours[step] / loss - 1):.1e}", flush=True)
        mean = np.average(losses, weights=[min(batch, count - i * batch) for i in range(steps)])
        print(f"epoch {epoch + 1} mean loss {means[epoch]:.4f} {mean:.4f} test error {100 * theirs[epoch]:.2f} {trainer.test_error():.2f}", flush=True)


main()
