#!/usr/bin/env python3
"""Speed of a training on several ranks, in turns, beside what the cost model of docs/scaling.md predicts.

    ranks.py TAILBIT [--model resnet32|bilstm2] [--ranks 2,4] [--turns 5] [--delay MS]

Every turn trains the same two epochs: in one process of two threads, and with each number of ranks of one thread; the
speed is that of the second epoch (/timing/images_per_s). --delay: every exchange takes MS milliseconds longer, as between computers
that far apart. The prediction for P ranks: the step of one process with as many threads as there are busy CPUs (they share this
computer's memory), and for each exchange of a step the latency, and for its bytes the speed, that tests/bench/comm_speed.c measures
between P processes."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import h5py

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMON = ["--imbalance", "none", "--method", "ERM", "--epochs", "2", "--eval-every", "2"]
MODELS = {"resnet32": (["--data", "shapes:320:10", *COMMON], 3200, 128),
          "bilstm2": (["--data", "reviews:640:10", *COMMON], 1280, 64)}  # fmt: skip
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_btl": "self,sm",
               "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "PRTE_MCA_hwloc_default_binding_policy": "none"}  # fmt: skip


def call(command, **more):
    done = subprocess.run([str(word) for word in command], env={**ENVIRONMENT, **more}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"ranks: {' '.join(map(str, command))}: {done.stderr or done.stdout}")
    return done.stdout


def on_ranks(ranks, command):
    return ["mpirun.openmpi", "-n", ranks, *command] if ranks > 1 else command


def build(folder):
    call(["mpicc.openmpi", "-O2", "-I", ROOT, "-o", folder / "comm_speed", ROOT / "tests/bench/comm_speed.c", ROOT / "core/comm_module.c"])
    call(["mpicc.openmpi", "-O2", "-shared", "-fPIC", "-o", folder / "mpi_delay.so", ROOT / "tests/bench/mpi_delay.c"])


def train(options, folder, ranks, threads, delay):
    """Steps per second of the second epoch, and for several ranks exchanges and bytes of rank 0 a step."""
    model, examples, batch = MODELS[options.model]
    out, counts = folder / "run.h5", folder / "counts"
    out.unlink(missing_ok=True)
    command = [options.tailbit, "train", *model, "--threads", threads, "--out", out]
    shim = {"LD_PRELOAD": str(folder / "mpi_delay.so"), "MPI_DELAY_MS": str(delay), "MPI_DELAY_OUT": str(counts)} if ranks > 1 else {}
    call(on_ranks(ranks, command), **shim)
    with h5py.File(out, "r") as file:
        speed = float(file["timing/images_per_s"][1])
    steps = 2 * -(-examples // batch)
    exchanges, sent = (int(n) / steps for n in counts.read_text().split()) if ranks > 1 else (0, 0)
    return speed * steps / (2 * examples), exchanges, sent


def network_of(folder, ranks):
    """Seconds of a small exchange, and of one byte that a rank sends."""
    lines = [line.split() for line in call(on_ranks(ranks, [folder / "comm_speed"])).splitlines()]
    (_, small), (_, _), (large, whole) = ((int(size), float(seconds)) for size, seconds in lines)
    return small, (whole - small) / (large * (ranks - 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tailbit")
    parser.add_argument("--model", choices=MODELS, default="resnet32")
    parser.add_argument("--ranks", type=lambda text: [int(n) for n in text.split(",")], default=[2, 4])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0, help="milliseconds")
    options = parser.parse_args()
    cpus = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="tailbit-bench-") as name:
        folder = pathlib.Path(name)
        build(folder)
        busy = sorted({2} | {min(ranks, cpus) for ranks in options.ranks})
        kinds = [(1, threads) for threads in busy] + [(ranks, 1) for ranks in options.ranks]
        rows = [{kind: train(options, folder, *kind, options.delay) for kind in kinds} for _ in range(options.turns)]
        compute = {threads: 1 / statistics.median(row[1, threads][0] for row in rows) for threads in busy}
        print(f"{options.model}, {cpus} CPUs, delay {options.delay:g} ms, {options.turns} turns; milliseconds of a step")
        for ranks, threads in kinds:
            measured = 1 / statistics.median(row[ranks, threads][0] for row in rows)
            ratio = statistics.median(row[ranks, threads][0] / row[1, 2][0] for row in rows)
            line = f"{ranks} x {threads}: {1e3 * measured:.1f}, speed {ratio:.3f} of 1 x 2"
            if ranks > 1:
                _, exchanges, sent = rows[0][ranks, threads]
                latency, per_byte = network_of(folder, ranks)
                predicted = compute[min(ranks, cpus)] + exchanges * (latency + 1e-3 * options.delay) + sent * per_byte
                line += (f"; predicted {1e3 * predicted:.1f}, measured/predicted {measured / predicted:.3f}: {exchanges:.0f} exchanges of "
                         f"{1e6 * latency:.0f} us, {sent / 1e6:.2f} MB at {1e-9 / per_byte:.2f} GB/s")  # fmt: skip
            print(line, flush=True)


if __name__ == "__main__":
    main()
