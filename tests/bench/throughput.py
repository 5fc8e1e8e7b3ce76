#!/usr/bin/env python3
"""Throughput and memory of tailbit against PyTorch, measured in turns on the same machine.

    throughput.py TAILBIT [--model resnet32|bilstm2] [--seconds 10] [--turns 5] [--threads N]

Both sides train the same network on the same sizes of batches, which lie in memory: forward, cross-entropy, backward and the
update (torch_side.py says which). PyTorch runs in the faster of its two ways, decided by a first round. Every pair of turns
gives a ratio; the line shows the median of them. Memory is the peak less what each side held when it was ready to build its
network. This machine may have other work: the ratios are what counts.
"""
import argparse
import os
import statistics
import subprocess
import sys

TORCH_SIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_side.py")
MODELS = {  # batch, what is counted, PyTorch's ways
    "resnet32": (128, "images", ("contiguous", "channels_last")),
    "bilstm2": (64, "tokens", ("packed", "padded")),
}
TEXTS = 256  # of one round of the biLSTM, as experiments/bench/bench_text.h has them


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


def in_turns(ours, theirs, request, options):
    """Medians of both speeds and of the pairwise ratios."""
    asked = f"{request} {options.seconds}"
    pairs = [(ours.ask(asked), theirs.ask(asked)) for _ in range(options.turns)]
    return (statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
            statistics.median(a / b for a, b in pairs))


def start_torch(ours, model, threads):
    """The faster of PyTorch's ways, warm, and its name."""
    sides = {way: Side([sys.executable, TORCH_SIDE, f"{model}-{way}", str(threads)]) for way in MODELS[model][2]}
    lengths = [str(int(ours.ask(f"length {i}"))) for i in range(TEXTS)] if model == "bilstm2" else []
    for side in sides.values():
        if lengths:  # one batch of an eighth of the words is enough to choose by
            side.ask("lengths " + " ".join(str(int(n) // 8) for n in lengths[64:128]))
        side.ask("train 1")
    speeds = {way: statistics.median(side.ask("train 2") for _ in range(3)) for way, side in sides.items()}
    best = max(speeds, key=speeds.get)
    for way, side in sides.items():
        if way != best:
            side.close()
    if lengths:
        sides[best].ask("lengths " + " ".join(lengths))
    return sides[best], best


def measure(model, options):
    batch, unit, _ = MODELS[model]
    ours = Side([options.tailbit, "bench", "--serve", "--model", model, "--threads", str(options.threads)])
    ours.ask("train 1")
    theirs, way = start_torch(ours, model, options.threads)
    print(f"# {options.threads} threads, {options.turns} turns of {options.seconds:g} s each; PyTorch {way}", flush=True)
    peak = ours.ask("peak")
    print(f"{model} peak f32 tailbit {peak:.0f} GFLOP/s from-cache {ours.ask('peak_loads'):.0f} GFLOP/s", flush=True)
    for request in ("train", "evaluate"):
        a, b, ratio = in_turns(ours, theirs, request, options)
        gflops = a * ours.ask(f"{request}_gflop")
        print(f"{model} {request} f32 b{batch} tailbit {a:.0f} pytorch {b:.0f} {unit}/s ratio {ratio:.2f} "
              f"gflops {gflops:.0f} peak {100 * gflops / peak:.0f}%", flush=True)
    a, b = ours.ask("memory"), theirs.ask("memory")
    print(f"{model} memory f32 b{batch} tailbit {a:.0f} pytorch {b:.0f} MiB ratio {a / b:.2f}", flush=True)
    theirs.close()
    if model == "bilstm2":
        pairs = [(ours.ask(f"train {options.seconds}"), ours.ask("bound")) for _ in range(options.turns)]
        a, b = (statistics.median(column) for column in zip(*pairs))
        print(f"{model} train f32 b{batch} tailbit {a:.0f} kernel bound {b:.0f} {unit}/s ratio "
              f"{statistics.median(x / y for x, y in pairs):.2f}", flush=True)
    ours.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tailbit")
    parser.add_argument("--model", choices=MODELS, help="default: all, one after another")
    parser.add_argument("--seconds", type=float, default=10.0, help="of one turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    for model in [options.model] if options.model else MODELS:
        measure(model, options)


if __name__ == "__main__":
    main()
