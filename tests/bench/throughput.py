#!/usr/bin/env python3
"""Throughput and memory of tailbit against PyTorch, measured in turns on the same machine.

    throughput.py TAILBIT [--model resnet32|bilstm2|resnet18|resnet50] [--seconds 10] [--turns 5] [--threads N] [--isa avx2] [--recompute]
                  [--markdown]

Both sides train the same network on the same sizes of batches, which lie in memory: forward, cross-entropy, backward and the
update (torch_side.py says which). PyTorch runs with huge pages, subnormal numbers as zero, and in the fastest of its ways, decided by
a first round. Every pair of turns gives a ratio; the line shows the median of them, a comment on standard error each turn. Memory is
the peak less what each side held when it was ready to build its network. A turn has at least five mini-batches after two that warm
it. This machine may have other work: the ratios are what counts.
Each line tells where it was measured: CPU, instruction set, threads, PyTorch's version and way, and the peak of the machine by two
loops (experiments/bench/peak.h). --isa holds both sides to an instruction set; --markdown writes the lines of a table.
"""
import argparse
import os
import statistics
import subprocess
import sys

TORCH_SIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_side.py")
IMAGE_WAYS = ("contiguous", "channels_last", "contiguous_sliced", "channels_last_sliced")
MODELS = {  # batch, what is counted, PyTorch's ways
    "resnet32": (128, "images", ("contiguous", "channels_last")),
    "bilstm2": (64, "tokens", ("packed", "padded")),
    "resnet18": (128, "images", IMAGE_WAYS),  # of 64x64
    "resnet50": (32, "images", IMAGE_WAYS),  # of 224x224
}
BY_ITSELF = ("resnet32", "bilstm2")  # the others take a step of seconds, and are measured when they are asked for
WARM_STEPS, STEPS = 2, 5  # mini-batches at least, whatever the seconds: before a turn, not counted, and in it
# Without them PyTorch gets large tensors from the kernel anew each time, page by page: on a virtual machine 0.42 s for a ReLU of 134 MB
# that takes 0.02 s with them. tailbit keeps its memory.
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
TEXTS = 256  # of one round of the biLSTM, as experiments/bench/bench_text.h has them


class Side:
    """A process that answers one number a line."""

    def __init__(self, command, **environment):
        own = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}  # PyTorch's library chooses its kernels
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own | environment)

    def ask(self, request):
        answer = self.try_to_ask(request)
        if answer is None:
            sys.exit(f"throughput: {self.process.args[0]} ended with code {self.process.wait()} at '{request}'")
        return answer

    def try_to_ask(self, request):
        """None where the process has ended."""
        try:
            print(request, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            return None
        answer = self.process.stdout.readline()
        return float(answer) if answer else None

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def turn(side, request, options):
    """The speed of a turn, whose first mini-batches are not counted: the other side had the caches."""
    side.ask(f"{request} 0 {WARM_STEPS}")
    return side.ask(f"{request} {options.seconds} {STEPS}")


def in_turns(one, other, options):
    """Medians of both speeds and of the pairwise ratios; each turn goes to standard error, since a median hides a bad one."""
    pairs = [(one(), other()) for _ in range(options.turns)]
    print("# turns:", *(f"{a:.4g}/{b:.4g}" for a, b in pairs), file=sys.stderr, flush=True)
    return (statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
            statistics.median(a / b for a, b in pairs))


def start_torch(ours, model, options):
    """The faster of PyTorch's ways, warm, and its name."""
    limits = HUGE_PAGES | ({"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"} if options.isa == "avx2" else {})
    sides = {way: Side([sys.executable, TORCH_SIDE, f"{model}-{way}", str(options.threads)], **limits) for way in MODELS[model][2]}
    lengths = [str(int(ours.ask(f"length {i}"))) for i in range(TEXTS)] if model == "bilstm2" else []
    for way, side in sides.items():
        if lengths:  # one batch of an eighth of the words is enough to choose by
            side.ask("lengths " + " ".join(str(int(n) // 8) for n in lengths[64:128]))
        if side.try_to_ask("train 1 1") is None:
            print(f"# PyTorch {way} ended with code {side.process.wait()} and is left out", flush=True)
    sides = {way: side for way, side in sides.items() if side.process.poll() is None}
    if not sides:
        sys.exit(f"throughput: PyTorch trains {model} in no way here")
    speeds = {way: statistics.median(side.ask("train 2 1") for _ in range(3)) for way, side in sides.items()}
    best = max(speeds, key=speeds.get)
    for way, side in sides.items():
        if way != best:
            side.close()
    if lengths:
        sides[best].ask("lengths " + " ".join(lengths))
    return sides[best], best


def machine_of(options):
    """"AMD EPYC, family 25 model 1, avx2"."""
    said = subprocess.run([options.tailbit, "info", "--isa", options.isa], capture_output=True, text=True, check=True).stdout
    rows = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return f"{rows['cpu']}, {rows['isa']}, {options.threads} threads"


def torch_version():
    return subprocess.run([sys.executable, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True, check=True).stdout.strip()


def report(row, where, options):
    """Prints a measurement: what, ours, whose, theirs, unit, ratio and a remark."""
    if options.markdown:
        print("| " + " | ".join([row["what"], row["ours"], row["theirs"], row["unit"], f"{row['ratio']:.2f}", row["remark"], where]) + " |", flush=True)
    else:
        print(f"{row['what']} tailbit {row['ours']} {row['whose']} {row['theirs']} {row['unit']} ratio {row['ratio']:.2f} {row['remark']}".rstrip()
              + f" ({where})", flush=True)  # fmt: skip


def row_of(what, a, b, unit, ratio, remark="", whose="pytorch"):
    digits = 0 if min(a, b) >= 100 else 1
    return {"what": what, "ours": f"{a:.{digits}f}", "whose": whose, "theirs": f"{b:.{digits}f}", "unit": unit, "ratio": ratio, "remark": remark}


def measure(model, options):
    batch, unit, _ = MODELS[model]
    less = ["--recompute"] if options.recompute else []
    ours = Side([options.tailbit, "bench", "--serve", "--model", model, "--batch", str(batch), "--threads", str(options.threads), "--isa", options.isa] + less)
    ours.ask(f"train 1 {WARM_STEPS}")
    theirs, way = start_torch(ours, model, options)
    peak, loads = ours.ask("peak"), ours.ask("peak_loads")
    where = f"{options.machine}, PyTorch {options.torch} {way}, peaks {peak:.0f} and from the cache {loads:.0f} GFLOP/s"
    for request in ("train", "evaluate"):
        a, b, ratio = in_turns(lambda: turn(ours, request, options), lambda: turn(theirs, request, options), options)
        gflops = a * ours.ask(f"{request}_gflop")
        remark = f"{gflops:.0f} GFLOP/s, {100 * gflops / peak:.0f}% of the peak"
        report(row_of(f"{model} {request} f32 b{batch}", a, b, f"{unit}/s", ratio, remark), where, options)
    a, b = ours.ask("memory"), theirs.ask("memory")
    report(row_of(f"{model} memory f32 b{batch}", a, b, "MiB", a / b), where, options)
    theirs.close()
    if model == "bilstm2":
        a, b, ratio = in_turns(lambda: turn(ours, "train", options), lambda: ours.ask("bound"), options)
        report(row_of(f"{model} train f32 b{batch}", a, b, f"{unit}/s", ratio, "oneDNN's kernels alone", "kernel bound"), where, options)
    ours.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tailbit")
    parser.add_argument("--model", choices=MODELS, help="default: " + " and ".join(BY_ITSELF))
    parser.add_argument("--seconds", type=float, default=10.0, help="of one turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--isa", default="auto", choices=("auto", "avx2", "avx512"), help="of both sides")
    parser.add_argument("--recompute", action="store_true", help="tailbit's side alone: less memory, more time")
    parser.add_argument("--markdown", action="store_true", help="a table for a page")
    options = parser.parse_args()
    options.machine, options.torch = machine_of(options), torch_version()
    if options.markdown:
        print(f"{options.turns} turns of {options.seconds:g} s each.\n")
        print("| what | tailbit | the other | unit | ratio | | where |\n|---|---|---|---|---|---|---|")
    else:
        print(f"# {options.turns} turns of {options.seconds:g} s each", flush=True)
    for model in [options.model] if options.model else BY_ITSELF:
        measure(model, options)


if __name__ == "__main__":
    main()
