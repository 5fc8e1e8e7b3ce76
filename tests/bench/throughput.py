#!/usr/bin/env python3
"""Throughput and memory of tailbit against PyTorch, measured in turns on the same machine.

    throughput.py TAILBIT [--seconds 10] [--turns 5] [--threads N]

Both sides train ResNet-32 (option-A shortcuts, batch 128, f32) on batches in memory: forward, cross-entropy, backward,
SGD with momentum. PyTorch runs in the faster of its two memory layouts, decided by a first round. Every pair of turns
gives a ratio; the line shows the median of them. Memory is the peak less what each side held when it was ready to
build its network. This machine may have other work: the ratios are what counts.
"""
import argparse
import os
import statistics
import subprocess
import sys

BATCH = 128


def torch_side(layout, threads):
    """Serves the requests of experiments/bench_command.h on standard input."""
    import time

    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format

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

    def status_kib(field):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))

    first_kib = status_kib("VmRSS")
    model = ResNet().to(memory_format=memory_format)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=2e-4)
    images = torch.randn(BATCH, 3, 32, 32).to(memory_format=memory_format)
    labels = torch.arange(BATCH) % 10

    def train():
        model.train()
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(model(images), labels).backward()
        optimiser.step()

    def evaluate():
        model.eval()
        with torch.inference_mode():
            model(images)

    work = {"train": train, "evaluate": evaluate}
    for line in sys.stdin:
        request = line.split()
        if request[0] == "memory":
            print((status_kib("VmHWM") - first_kib) / 1024, flush=True)
            continue
        batches, start = 0, time.monotonic()
        while time.monotonic() - start < float(request[1]):
            work[request[0]]()
            batches += 1
        print(batches * BATCH / (time.monotonic() - start), flush=True)


class Side:
    """A process that answers one number a line."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, request):
        print(request, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"throughput: {self.process.args[0]} ended with code {self.process.wait()} at '{request}'")
        return float(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def in_turns(ours, theirs, request, seconds, turns):
    """Medians of both speeds and of the pairwise ratios."""
    pairs = [(ours.ask(f"{request} {seconds}"), theirs.ask(f"{request} {seconds}")) for _ in range(turns)]
    return (statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
            statistics.median(a / b for a, b in pairs))


def faster_layout(layouts, seconds):
    speeds = {name: statistics.median(side.ask(f"train {seconds}") for _ in range(3)) for name, side in layouts.items()}
    return max(speeds, key=speeds.get)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tailbit")
    parser.add_argument("--seconds", type=float, default=10.0, help="of one turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--torch-side", metavar="LAYOUT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.torch_side:
        return torch_side(options.torch_side, options.threads)

    def torch(layout):
        return Side([sys.executable, __file__, options.tailbit, "--torch-side", layout, "--threads", str(options.threads)])

    ours = Side([options.tailbit, "bench", "--serve", "--threads", str(options.threads)])
    layouts = {name: torch(name) for name in ("contiguous", "channels_last")}
    for side in (ours, *layouts.values()):
        side.ask("train 1")
    best = faster_layout(layouts, 2.0)
    theirs = layouts.pop(best)
    for side in layouts.values():
        side.close()
    print(f"# {options.threads} threads, {options.turns} turns of {options.seconds:g} s each; PyTorch {best}", flush=True)
    peak = ours.ask("peak")
    for request in ("train", "evaluate"):
        a, b, ratio = in_turns(ours, theirs, request, options.seconds, options.turns)
        gflops = a * ours.ask(f"{request}_gflop")
        print(f"resnet32 {request} f32 b{BATCH} tailbit {a:.0f} pytorch {b:.0f} images/s ratio {ratio:.2f} "
              f"gflops {gflops:.0f} peak {100 * gflops / peak:.0f}%", flush=True)
    a, b = ours.ask("memory"), theirs.ask("memory")
    print(f"resnet32 memory f32 b{BATCH} tailbit {a:.0f} pytorch {b:.0f} MiB ratio {a / b:.2f}", flush=True)
    ours.close()
    theirs.close()
    return None


if __name__ == "__main__":
    main()
