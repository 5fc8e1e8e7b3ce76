#!/usr/bin/env python3
"""PyTorch's side of throughput.py: serves the requests of experiments/bench/bench_command.h on standard input.

    torch_side.py CASE THREADS

CASE resnet32-contiguous, resnet32-channels_last: ResNet-32 with option-A shortcuts, batch 128, SGD with momentum. resnet18-...: as
torchvision's, the stem 3x3 without a pool, batch 128 of 64x64. resnet50-...: as torchvision's, batch 32 of 224x224. ..._sliced: a
shortcut takes every second pixel, then convolves with stride 1; on a Zen 5 the oneDNN of this PyTorch divides by zero in the gradient of
the 1x1 convolution of stride 2 from 512 to 1,024 channels.
CASE bilstm2-packed, bilstm2-padded: embedding 100, two layers of 256 in both directions, dropout 0.5, batch 64, Adam, on
packed sequences or on batches padded to their longest text. Texts have the lengths that "lengths L L ..." gives first, 64 a
batch; what is counted is words, padding excluded.
"""
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

TEXTS, VOCABULARY = 64, 25000
IMAGES = {"resnet32": (128, 32), "resnet18": (128, 64), "resnet50": (32, 224)}  # batch, side


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.widens = inputs != outputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 2 if self.widens else 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        shortcut = x
        if self.widens:
            pad = self.conv1.in_channels // 2
            shortcut = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, pad, pad))
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + shortcut, inplace=True)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        widths = [16] * 5 + [32] * 5 + [64] * 5
        self.blocks = nn.Sequential(*(Block(i, o) for i, o in zip([16] + widths, widths)))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn1(self.conv1(x)), inplace=True))
        return self.linear(x.mean((2, 3)))


class Projecting(nn.Module):
    """torchvision's BasicBlock or Bottleneck."""

    def __init__(self, inputs, width, stride, bottleneck, sliced):
        super().__init__()
        self.slice = stride if sliced else 1
        shapes = [(1, 1, width), (3, stride, width), (1, 1, 4 * width)] if bottleneck else [(3, stride, width), (3, 1, width)]
        channels, layers = inputs, []
        for kernel, step, outputs in shapes:
            layers += [nn.Conv2d(channels, outputs, kernel, step, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
            channels = outputs
        self.path = nn.Sequential(*layers[:-1])
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != channels:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride // self.slice, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x[:, :, :: self.slice, :: self.slice]), inplace=True)


class ProjectingResNet(nn.Module):
    def __init__(self, model, sliced):
        super().__init__()
        bottleneck, channels = model == "resnet50", 64
        stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False)] if bottleneck else [nn.Conv2d(3, 64, 3, 1, 1, bias=False)]
        layers = stem + [nn.BatchNorm2d(64), nn.ReLU(inplace=True)] + ([nn.MaxPool2d(3, 2, 1)] if bottleneck else [])
        for stage, count in enumerate((3, 4, 6, 3) if bottleneck else (2, 2, 2, 2)):
            for index in range(count):
                layers.append(Projecting(channels, 64 << stage, 2 if stage and not index else 1, bottleneck, sliced))
                channels = (256 if bottleneck else 64) << stage
        self.layers = nn.Sequential(*layers)
        self.linear = nn.Linear(channels, 10)

    def forward(self, x):
        return self.linear(self.layers(x).mean((2, 3)))


class BiLSTM(nn.Module):
    def __init__(self, packed):
        super().__init__()
        self.packed = packed
        self.embedding = nn.Embedding(VOCABULARY, 100, padding_idx=0)
        self.lstm = nn.LSTM(100, 256, num_layers=2, bidirectional=True, dropout=0.5)
        self.linear = nn.Linear(512, 2)

    def forward(self, x):
        words, lengths = x
        vectors = F.dropout(self.embedding(words), 0.5, self.training)
        if self.packed:
            vectors = nn.utils.rnn.pack_padded_sequence(vectors, lengths)
        _, (hidden, _) = self.lstm(vectors)
        return self.linear(F.dropout(torch.cat((hidden[-2], hidden[-1]), 1), 0.5, self.training))


class Images:
    def __init__(self, model, layout):
        batch, side = IMAGES[model]
        memory_format = torch.channels_last if layout.startswith("channels_last") else torch.contiguous_format
        self.model = (ResNet() if model == "resnet32" else ProjectingResNet(model, layout.endswith("sliced"))).to(memory_format=memory_format)
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=2e-4)
        images = torch.randn(batch, 3, side, side).to(memory_format=memory_format)
        self.batches = [(images, torch.arange(batch) % 10, batch)]


class Texts:
    def __init__(self, layout):
        self.model = BiLSTM(layout == "packed")
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=0.001)

    def set_lengths(self, lengths):
        self.batches = []
        for first in range(0, len(lengths), TEXTS):
            part = torch.tensor(sorted(lengths[first:first + TEXTS], reverse=True))
            words = (2 + (VOCABULARY - 2) * torch.rand(int(part[0]), len(part)) ** 4).long()
            words[torch.arange(len(words))[:, None] >= part] = 0
            self.batches.append(((words, part), torch.arange(len(part)) % 2, int(part.sum())))


def train(side, inputs, labels):
    side.model.train()
    side.optimiser.zero_grad(set_to_none=True)
    F.cross_entropy(side.model(inputs), labels).backward()
    side.optimiser.step()


def evaluate(side, inputs, _):
    side.model.eval()
    with torch.inference_mode():
        side.model(inputs)


def rate(work, side, seconds, steps):
    """Over at least that many seconds and mini-batches."""
    counted, made, start, elapsed = 0, 0, time.monotonic(), 0.0
    while elapsed < seconds or made < steps:
        for inputs, labels, count in side.batches:
            work(side, inputs, labels)
            counted += count
        made += len(side.batches)
        elapsed = time.monotonic() - start
    return counted / elapsed


def status_kib(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))


def main():
    model, layout = sys.argv[1].split("-")
    torch.set_flush_denormal(True)  # before its threads begin, which inherit it
    torch.set_num_threads(int(sys.argv[2]))
    torch.manual_seed(0)
    first_kib = status_kib("VmRSS")
    side = Images(model, layout) if model in IMAGES else Texts(layout)
    for line in sys.stdin:
        word, *numbers = line.split()
        if word == "lengths":
            side.set_lengths([int(n) for n in numbers])
            print(0, flush=True)
        elif word == "memory":
            print((status_kib("VmHWM") - first_kib) / 1024, flush=True)
        else:
            print(rate({"train": train, "evaluate": evaluate}[word], side, float(numbers[0]), int(numbers[1])), flush=True)


if __name__ == "__main__":
    main()
