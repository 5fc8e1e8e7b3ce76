#!/usr/bin/env python3
"""Speed of a training on several ranks, in turns, beside what the cost model of docs/scaling.md predicts.

    ranks.py TAILBIT [--model resnet32|bilstm2] [--ranks 2,4] [--turns 5] [--delay MS]

Every turn trains the same two epochs: in one process of two threads, and with each number of ranks of one thread; the
speed is that of the second epoch (/timing/images_per_s). --delay: every exchange takes MS milliseconds longer, as between computers
that far apart. The prediction for P ranks: the step of one process with as many threads as there are busy CPUs (they share this
computer's memory), the work that P - 1 ranks repeat, and for each exchange of a step the latency, and for its bytes the speed, that
tests/bench/comm_speed.c measures between P processes under the same delay."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import typing

import h5py

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/end_to_end"))
from launch import ENVIRONMENT, on_ranks

COMMON = ["--imbalance", "none", "--method", "ERM", "--eval-every", "2"]
LAUNCHER = "mpirun.openmpi"


class Training(typing.NamedTuple):
    data: str
    examples: int
    batch: int
    repeated: float  # the share of one thread's step that every rank repeats: packing the weights (a profile by perf)

    @property
    def steps(self):
        return -(-self.examples // self.batch)


TRAININGS = {"resnet32": Training("shapes:320:10", 3200, 128, 0), "bilstm2": Training("reviews:640:10", 1280, 64, 0.03)}


def call(command, **more):
    done = subprocess.run([str(word) for word in command], env={**ENVIRONMENT, **more}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"ranks: {' '.join(map(str, command))}: {done.stderr or done.stdout}")
    return done.stdout


def build(folder):
    call(["mpicc.openmpi", "-O2", "-I", ROOT, "-o", folder / "comm_speed", ROOT / "tests/bench/comm_speed.c", ROOT / "core/comm_module.c"])
    call(["mpicc.openmpi", "-O2", "-shared", "-fPIC", "-o", folder / "mpi_delay.so", ROOT / "tests/bench/mpi_delay.c"])


def shim_of(options, folder, counts):
    return {"LD_PRELOAD": str(folder / "mpi_delay.so"), "MPI_DELAY_MS": str(options.delay), "MPI_DELAY_OUT": str(counts)}


def train(options, folder, ranks, threads, epochs=2):
    """Seconds of a step of the last epoch; and for several ranks the exchanges of rank 0 and the bytes that it sent, of all epochs."""
    training = TRAININGS[options.model]
    out, counts = folder / "run.h5", folder / "counts"
    out.unlink(missing_ok=True)
    command = [options.tailbit, "train", "--data", training.data, *COMMON, "--epochs", epochs, "--threads", threads, "--out", out]
    if ranks > 1:
        call(on_ranks(LAUNCHER, ranks, command), **shim_of(options, folder, counts))
    else:
        call(command)
    with h5py.File(out, "r") as file:
        images_per_s = float(file["timing/images_per_s"][-1])
    return training.examples / images_per_s / training.steps, [int(n) for n in counts.read_text().split()] if ranks > 1 else None


def count_of_step(options, folder, ranks):
    """Exchanges and bytes of a step: what a second epoch adds, without those of the start."""
    one, two = (train(options, folder, ranks, 1, epochs)[1] for epochs in (1, 2))
    return [(b - a) / TRAININGS[options.model].steps for a, b in zip(one, two)]


def network_of(options, folder, ranks):
    """Seconds of a small exchange, the delay included, and of one byte that a rank sends."""
    output = call(on_ranks(LAUNCHER, ranks, [folder / "comm_speed"]), **shim_of(options, folder, folder / "counts"))
    lines = [line.split() for line in output.splitlines()]
    (_, small), (large, whole) = ((int(size), float(seconds)) for size, seconds in lines)
    return small, (whole - small) / (large * (ranks - 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tailbit")
    parser.add_argument("--model", choices=TRAININGS, default="resnet32")
    parser.add_argument("--ranks", type=lambda text: [int(n) for n in text.split(",")], default=[2, 4])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0, help="milliseconds")
    options = parser.parse_args()
    repeated = TRAININGS[options.model].repeated
    cpus = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="tailbit-bench-") as name:
        folder = pathlib.Path(name)
        build(folder)
        busy = sorted({2} | {min(ranks, cpus) for ranks in options.ranks})
        kinds = [(1, threads) for threads in busy] + [(ranks, 1) for ranks in options.ranks]
        rows = [{kind: train(options, folder, *kind)[0] for kind in kinds} for _ in range(options.turns)]
        compute = {threads: statistics.median(row[1, threads] for row in rows) for threads in busy}
        print(f"{options.model}, {cpus} CPUs, delay {options.delay:g} ms, {options.turns} turns; milliseconds of a step")
        for ranks, threads in kinds:
            measured = statistics.median(row[ranks, threads] for row in rows)
            ratio = statistics.median(row[1, 2] / row[ranks, threads] for row in rows)
            line = f"{ranks} x {threads}: {1e3 * measured:.1f}, speed {ratio:.3f} of 1 x 2"
            if ranks > 1:
                exchanges, sent = count_of_step(options, folder, ranks)
                latency, per_byte = network_of(options, folder, ranks)
                predicted = compute[min(ranks, cpus)] * (1 + repeated * (ranks - 1)) + exchanges * latency + sent * per_byte
                line += (f"; predicted {1e3 * predicted:.1f}, measured/predicted {measured / predicted:.3f}: {exchanges:.0f} exchanges of "
                         f"{1e6 * latency:.0f} us, {sent / 1e6:.2f} MB at {1e-9 / per_byte:.2f} GB/s")  # fmt: skip
            print(line, flush=True)


if __name__ == "__main__":
    main()
