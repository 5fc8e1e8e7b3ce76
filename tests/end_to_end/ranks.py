#!/usr/bin/env python3
"""Runs on several ranks have the bits of one process, with every MPI here; and what happens where ranks die, stop or differ.

Arguments: tailbit, the test programs of core/comm and experiments/training/ranks, trials of a killed rank (default 3), names of
the tests (default all)."""
import itertools
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from launch import ENVIRONMENT, on_ranks

TAILBIT, PROGRAMS = os.path.abspath(sys.argv[1]), sys.argv[2:4]
TRIALS = int(sys.argv[4]) if len(sys.argv) > 4 else 3
DRAW = random.Random(0)
LAUNCHERS = [path for path in (shutil.which(name) for name in ("mpirun.openmpi", "mpirun.mpich")) if path]
IMAGES = ["--data", "shapes:20:5", "--rho", "5", "--model", "resnet8", "--epochs", "2", "--drops", "1"]
TEXTS = ["--data", "reviews:30:10", "--hidden", "16", "--embedding", "20", "--epochs", "2", "--drops", "1"]
# Methods, heads, statistics of batch norm, short last batches, examples held out, more ranks than groups.
RUNS = {
    "cosine head": [*IMAGES, "--method", "LDAM-DRW", "--batch", "19"],
    "linear head, held out": [*IMAGES, "--method", "HG-DRS", "--batch", "32", "--validation-frac", "0.2"],
    "grouped statistics": [*IMAGES, "--method", "CB-RS", "--batch", "28", "--bn-group", "12"],
    "few groups": [*IMAGES, "--method", "CB-Focal", "--batch", "32", "--gradient-groups", "3"],
    "text, cosine head": [*TEXTS, "--method", "LDAM-DRW", "--batch", "16"],
    "text, held out": [*TEXTS, "--method", "ERM", "--batch", "13", "--validation-frac", "0.2"],
    "projections": ["--data", "shapes:8:2:12", "--rho", "2", "--model", "resnet18", "--method", "LDAM", "--epochs", "1", "--batch", "16", "--recompute"],
}
# And of pairs that RUNS leaves out, and a ResNet-32: only test_all_bits.
ALL_RUNS = RUNS | {
    "ResNet-32": ["--data", "shapes:20:5", "--rho", "5", "--model", "resnet32", "--method", "LDAM", "--epochs", "1", "--batch", "32"],
    "grouped, held out": [*IMAGES, "--method", "LDAM-DRW", "--batch", "28", "--bn-group", "12", "--validation-frac", "0.2"],
    "projections, grouped, held out": ["--data", "shapes:8:2:12", "--rho", "2", "--model", "resnet18", "--method", "CB-RS", "--epochs", "1", "--batch", "16",
                                       "--bn-group", "8", "--validation-frac", "0.2"],
    "text, sampled": [*TEXTS, "--method", "CB-RS", "--batch", "16"],
    "text, focal": [*TEXTS, "--method", "CB-Focal", "--batch", "16"],
}
RANKS = [2, 4, 8, 5, 3]


def call(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, env=ENVIRONMENT, timeout=300, **options)


def train(out, options, threads=1):
    return [TAILBIT, "train", *options, "--threads", str(threads), "--out", out]


def expect(condition, *words):
    if not condition:
        sys.exit(" ".join(str(word) for word in words))


def same(a, b):
    done = call([TAILBIT, "compare", a, b])
    expect(done.returncode == 0, "other bits:", done.stdout, done.stderr)


def reference(folder, name):
    """The file of a run in one process, made once."""
    path = os.path.join(folder, re.sub(r"\W", "-", name) + ".h5")
    if not os.path.exists(path):
        done = call(train(path, ALL_RUNS[name], 2))
        expect(done.returncode == 0, name, done.stderr)
    return path


def test_exchanges(_folder):
    """The test programs on several ranks, which each check what they receive."""
    for program, launcher, ranks in itertools.product(PROGRAMS, LAUNCHERS, [2, 3]):
        done = call(on_ranks(launcher, ranks, [program]))
        expect(done.returncode == 0 and done.stdout.count("100%") == ranks, program, launcher, ranks, done.stdout, done.stderr)


def check_bits(folder, name, launcher, ranks, threads):
    options, out = ALL_RUNS[name], os.path.join(folder, "ranks.h5")
    done = call(on_ranks(launcher, ranks, train(out, options, threads)))
    expect(done.returncode == 0, name, ranks, launcher, done.stdout, done.stderr)
    line = rf"{ranks} ranks: .*, .*, {threads} threads? x {ranks}; "
    expect((re.search(line, done.stdout) is not None) == (ranks > 1), name, ranks, launcher, done.stdout)
    same(reference(folder, name), out)
    again = call(on_ranks(launcher, ranks, train(out, options)))
    expect(again.returncode == 0 and "already finished" in again.stdout, name, ranks, launcher, again.stdout, again.stderr)
    os.remove(out)


def test_bits(folder):
    """Two numbers of ranks for every run; every number and every run with every MPI."""
    launchers, numbers = itertools.cycle(LAUNCHERS), itertools.cycle(RANKS)
    for name in RUNS:
        for ranks in [next(numbers), next(numbers)] if name != "projections" else [2, 3]:
            check_bits(folder, name, next(launchers), ranks, 1 + ranks % 2)
    out = os.path.join(folder, "ranks.h5")
    diverged = call(on_ranks(LAUNCHERS[0], 2, [word if word != "LDAM-DRW" else "ERM" for word in train(out, [*RUNS["cosine head"], "--lr", "1e30"])]))
    expect(diverged.returncode == 5 and diverged.stderr.count("the training ends here") == 1, diverged.returncode, diverged.stderr)


def test_all_bits(folder):
    """Every number with 1 and 2 threads for a ResNet-8 and a biLSTM, several for each other run: minutes, so not in ./run test."""
    launchers, numbers, runs = itertools.cycle(LAUNCHERS), itertools.cycle(RANKS), 0
    for name in ALL_RUNS:
        small = name in ("cosine head", "text, cosine head")
        chosen = [1, *RANKS] if small else [2, 3] if name in ("ResNet-32", "projections") else [next(numbers), next(numbers)]
        for ranks, threads in itertools.product(chosen, [1, 2] if small else [1]):
            check_bits(folder, name, next(launchers), ranks, threads)
            runs += 1
    print(f"{runs} runs")


def nodes_of(leaves, end):
    """How many whole nodes of the tree over `leaves` lie in [0, end)."""
    count, begin = 0, 0
    while begin < end:
        size = 1
        while begin % (2 * size) == 0 and begin + size < leaves and min(begin + 2 * size, leaves) <= end:
            size *= 2
        begin, count = min(begin + size, leaves), count + 1
    return count


def part(count, rank, ranks):
    return count // ranks + (rank < count % ranks)


def cut_bytes(ranks, lines, groups):
    """Bytes of the gradients of `lines` lines of 16 values that rank 0 sends, and of their new weights."""
    own = part(lines, 0, ranks)
    return 64 * (nodes_of(groups, part(groups, 0, ranks)) * (lines - own) + (ranks - 1) * own)


def image_bytes(ranks, convolutions, features, examples):
    """A step of a network of convolutions (inputs x kernel, outputs) with a linear head of 10 classes; a group is a shard of 4."""
    shards, others, classes = examples // 4, ranks - 1, 10
    own = part(shards, 0, ranks)
    total = 4 * others * (4 * own * (features + classes) + part(classes, 0, ranks) * features + 16 * part(1, 0, ranks))
    for read, written in convolutions:
        total += 2 * others * nodes_of(shards, own) * 8 * (1 + 2 * written)  # sums of batch norm, forward and backward
        total += cut_bytes(ranks, read * written // 16, shards)
    return total


def text_bytes(ranks, words, vocabulary, width, hidden, examples):
    """A step of two layers with a linear head of 2 classes, every text of `words` words; a group is a shard of 8."""
    shards, others = examples // 8, ranks - 1
    values = sum(2 * 4 * hidden * (inputs + hidden + 2) for inputs in (width, 2 * hidden)) + 2 * 2 * hidden + 16
    rows = 8 * part(shards, 0, ranks) * words
    return cut_bytes(ranks, values // 16, shards) + 4 * others * (rows * (width | 16) + part(vocabulary, 0, ranks) * width)


BASIC = [(9 * read, written) for read, written in zip([3, 16, 16, 16, 32, 32, 64], [16, 16, 16, 32, 32, 64, 64])]
WIDE = [(9 * 3, 64)] + 4 * [(9 * 64, 64)] + [(k * read, w) for w in (128, 256, 512) for k, read in ((9, w // 2), (9, w), (1, w // 2), (9, w), (9, w))]
# Every mini-batch is whole, every text has words enough.
SENT = [("resnet8", ["--data", "shapes:16:5", "--batch", "32"], [2, 3, 4], lambda ranks: image_bytes(ranks, BASIC, 64, 32)),
        ("resnet18", ["--data", "shapes:4:1:12", "--batch", "20"], [2], lambda ranks: image_bytes(ranks, WIDE, 512, 20)),
        ("bilstm2", ["--data", "reviews:32:5", "--batch", "32", "--hidden", "16", "--embedding", "20", "--max-length", "4", "--vocabulary", "50"], [2, 3],
         lambda ranks: text_bytes(ranks, 4, 50, 32, 16, 32))]  # fmt: skip


def test_bytes(folder):
    """A step sends what the formulas of docs/scaling.md say."""
    out = os.path.join(folder, "bytes.h5")
    for (model, options, numbers, predict), launcher in zip(SENT, itertools.cycle(LAUNCHERS)):
        command = train(out, ["--model", model, *options, "--imbalance", "none", "--method", "ERM", "--epochs", "1", "--warmup", "0"])
        for ranks in numbers:
            done = call(on_ranks(launcher, ranks, command))
            found = re.search(r"rank 0 sent ([\d,]+) bytes in (\d+) steps", done.stdout)
            expect(found, done.stdout, done.stderr)
            sent, predicted = int(found[1].replace(",", "")) / int(found[2]), predict(ranks) + 32 * (ranks - 1)  # two agreements, how many results
            expect(sent == predicted, model, ranks, "ranks: sent", sent, "predicted", predicted)
            os.remove(out)


def test_killed(folder):
    """Everything ends when a rank dies, and another number of ranks goes on to the same bits."""
    killed, ended, longest_s = 0, 0, 1.5
    while killed < TRIALS:
        trial = killed + ended
        name, launcher, out = ["cosine head", "text, cosine head"][trial % 2], DRAW.choice(LAUNCHERS), os.path.join(folder, "killed.h5")
        command = [*train(out, RUNS[name]), "--save-every", "1step"]
        with subprocess.Popen(on_ranks(launcher, 3, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT) as parent:
            while len(find_ranks(out)) < 3 and parent.poll() is None:
                time.sleep(0.01)
            time.sleep(DRAW.uniform(0, longest_s))
            ranks = find_ranks(out)
            if ranks:
                os.kill(DRAW.choice(ranks), signal.SIGKILL)
            killed, ended = killed + bool(ranks), ended + (not ranks)
            longest_s *= 1 if ranks else 0.7  # runs take less time here
            expect(ended <= TRIALS + 10, "most runs were over before a rank was to be killed")
            began = time.monotonic()
            parent.wait(timeout=60)
        while find_ranks(out) and time.monotonic() < began + 60:
            time.sleep(0.1)
        expect(time.monotonic() < began + 30, "trial", trial, launcher, "took", time.monotonic() - began, "s to end")
        done = call(on_ranks(DRAW.choice(LAUNCHERS), DRAW.choice([1, 2, 4]), command))
        expect(done.returncode == 0, "trial", trial, done.stdout, done.stderr)
        same(reference(folder, name), out)
        os.remove(out)
    print(f"{killed} ranks were killed")


def find_ranks(out):
    """The processes of a run, without the launchers."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode().split("\0")
        except OSError:
            continue
        if words[0] == TAILBIT and out in words:
            found.append(int(pid))
    return found


def test_stopped(folder):
    """SIGTERM to one rank, or SIGUSR1 to the launcher, stops all after the same step; the run goes on in one process."""
    name, out, whole = "text, cosine head", os.path.join(folder, "stopped.h5"), os.path.join(folder, "whole.h5")
    options = changed(RUNS[name], "--epochs", "30")
    expect(call(train(whole, options)).returncode == 0, "the whole run failed")
    for launcher, to_rank in [(LAUNCHERS[0], True), *((launcher, False) for launcher in LAUNCHERS)]:
        with subprocess.Popen(on_ranks(launcher, 2, train(out, options)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as parent:
            for line in parent.stdout:
                if line.startswith("epoch 2/"):
                    break
            if to_rank:
                os.kill(max(find_ranks(out)), signal.SIGTERM)
            else:
                parent.send_signal(signal.SIGUSR1)
            _, errors = parent.communicate(timeout=60)
        expect(parent.returncode == 75 and "stopped by" in errors and "resumes" in errors, launcher, to_rank, parent.returncode, errors)
        done = call(train(out, options))
        expect(done.returncode == 0 and "resumed in epoch" in done.stdout, launcher, to_rank, done.stdout, done.stderr)
        same(whole, out)
        os.remove(out)


def changed(options, name, value):
    """The options with another value of `name`."""
    at = options.index(name) if name in options else len(options)
    return [*options[:at], name, value, *options[at + 2 :]]


def has_avx512(folder):
    """Whether a run has another instruction set than avx2 by itself."""
    out = os.path.join(folder, "isa.h5")
    call(train(out, RUNS["cosine head"]))
    return "  isa: avx512" in call([TAILBIT, "info", out]).stdout


def test_differences(folder):
    """Ranks that would not compute the same all stop, and the first difference is named."""
    common, out, other = RUNS["cosine head"], os.path.join(folder, "other.h5"), os.path.join(folder, "other")
    shutil.copy(TAILBIT, other)
    with open(other, "ab") as file:
        file.write(b"1")
    cases = {
        "the option lr is 0.2 here, 0.1 on rank 0": train(out, changed(common, "--lr", "0.2")),
        "the option bn_group is 8 here, not given on rank 0": train(out, changed(common, "--bn-group", "8")),
        "the data's SHA-256": train(out, changed(common, "--data", "shapes:21:5")),
        "the training subset's SHA-256": train(out, changed(common, "--imbalance", "step")),
        "the program's SHA-256": [other, *train(out, common)[1:]],
        "--batch": train(out, changed(common, "--batch", "-1")),
    }
    if has_avx512(folder):
        cases["the instruction set"] = train(out, changed(common, "--isa", "avx2"))
    for launcher, (words, command) in itertools.product(LAUNCHERS, cases.items()):
        each = f'[ "$OMPI_COMM_WORLD_RANK$PMI_RANK" = 1 ] || exec {shlex.join(train(out, common))}; exec {shlex.join(command)}'  # Debian's mpirun takes no A : B
        done = call(on_ranks(launcher, 2, ["sh", "-c", each]))
        expect(done.returncode != 0 and words in done.stderr and "rank 1" in done.stderr, launcher, words, done.stdout, done.stderr)
        expect(not os.path.exists(out), "a file was left")
    done = call(on_ranks(LAUNCHERS[0], 2, [TAILBIT, "info", out]))
    expect(done.returncode != 0 and done.stderr.count("only train runs on several ranks") == 1, done.stderr)
    alone = subprocess.run(train(out, RUNS["cosine head"]), env={**ENVIRONMENT, "PMI_RANK": "0", "PMI_SIZE": "2"}, stderr=subprocess.PIPE, text=True, check=False)
    expect(alone.returncode == 4 and len(alone.stderr.strip().splitlines()) <= 3, alone.stderr)


def main():
    if not LAUNCHERS:
        print("no mpirun.openmpi and no mpirun.mpich here (packages openmpi-bin, mpich)")
        sys.exit(77)
    names = sys.argv[5:] or ["exchanges", "bits", "bytes", "killed", "stopped", "differences"]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            began = time.monotonic()
            globals()["test_" + name](folder)
            print(f"{name}: passed, {time.monotonic() - began:.0f} s")


main()
