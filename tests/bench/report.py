#!/usr/bin/env python3
"""How long `tailbit status`, `table` and `report` take on many runs, and how much memory. Arguments: seal (tests/results/),
a finished run file of CIFAR-10, how many runs (`report` takes half of them), one or more tailbits. They are copies of it with other
methods and seeds, 200 epochs and every second one with 100 classes, so that what the report reads has its real size; parameters and
features, which it does not read, are left out."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

EPOCHS = 200
METHODS = ("ERM", "Focal", "LDAM", "CB-RS", "CB-RW", "CB-Focal", "HG-DRS", "LDAM-HG-DRS", "M-DRW", "LDAM-DRW")


def replace(f, name, value):
    """Another value in the same place, stored as tailbit stores it."""
    kind = f[name].dtype
    del f[name]
    f.create_dataset(name, data=np.asarray(value).astype(kind), fletcher32=True, chunks=True)


def widen(f, K, rng):
    """200 epochs, and K classes with 10,000 test examples; numbers at random."""
    n, N, Q = len(f["split/train_index"]), 10000, len(f["margins/quantile_level"])
    P = len(f["epochs/tensor_name"])
    for name in ("lr", "train_loss", "train_error", "test_error", "test_top5_error", "test_calibration_error"):
        if "epochs/" + name in f:
            replace(f, "epochs/" + name, rng.random(EPOCHS))
    for name in ("train_class_error", "test_class_error"):
        replace(f, "epochs/" + name, rng.random((EPOCHS, K)))
    replace(f, "epochs/tensor_digest", rng.integers(0, 2**63, (EPOCHS, P)))
    replace(f, "epochs/epoch", np.arange(EPOCHS))
    replace(f, "timing/seconds", np.full(EPOCHS, 20.5))
    replace(f, "timing/images_per_s", np.full(EPOCHS, 600.25))
    replace(f, "margins/class_min", rng.normal(size=(EPOCHS, K)))
    replace(f, "margins/class_quantile", rng.normal(size=(EPOCHS, K, Q)))
    if "margins/final_class_min" in f:
        replace(f, "margins/final_class_min", rng.normal(size=K))
    if "margins/target" in f:
        replace(f, "margins/target", rng.random(K))
    replace(f, "margins/label", np.sort(rng.integers(0, K, n)))
    counts = np.maximum(1, (5000 * 10 / K * 0.01 ** (np.arange(K) / (K - 1))).astype(int))
    counts[0] += n - counts.sum()
    replace(f, "split/class_counts", counts)
    replace(f, "split/class", np.arange(K))
    labels = np.repeat(np.arange(K), N // K)
    taken = np.where(rng.random(N) < 0.6, labels, rng.integers(0, K, N))
    confusion = np.zeros((K, K), int)
    np.add.at(confusion, (labels, taken), 1)
    replace(f, "final/logits", rng.normal(size=(N, K)))
    replace(f, "final/label", labels)
    replace(f, "final/confusion", confusion)
    replace(f, "final/class_error", 1 - np.diag(confusion) / (N // K))
    replace(f, "final/epoch", [EPOCHS - 1, EPOCHS - 3])
    f["epochs"].attrs["planned"] = np.int64(EPOCHS)
    f["config"].attrs["epochs"] = np.int64(EPOCHS)


def make(source, path, K, rng):
    with h5py.File(source, "r") as old, h5py.File(path, "w") as f:
        f.attrs.update(old.attrs)
        for group in ("config", "data", "env", "timing", "split", "epochs", "margins", "final"):
            old.copy(group, f)
        for name in ("drops", "warmup"):
            f["config"].attrs[name] = {"drops": "160,180", "warmup": np.int64(5)}[name]
        if K != 10:
            f["config"].attrs["data"] = f["data"].attrs["name"] = f"cifar{K}"
        widen(f, K, rng)


def make_all(folder, seal, source, count):
    rng = np.random.default_rng(5)
    bases = [os.path.join(folder, f"{K}.base") for K in (10, 100)]
    for base, K in zip(bases, (10, 100)):
        make(source, base, K, rng)
    paths = [os.path.join(folder, f"run-{i:04}.h5") for i in range(count)]
    for i, path in enumerate(paths):
        shutil.copyfile(bases[i % 2], path)
        with h5py.File(path, "r+") as f:
            f["config"].attrs["seed"] = np.int64(i // (2 * len(METHODS)))
            f["config"].attrs["method"] = METHODS[i // 2 % len(METHODS)]
    for at in range(0, count, 100):
        subprocess.run([seal, *paths[at : at + 100]], check=True)
    print(f"{count} runs of {sum(map(os.path.getsize, paths)) / count / 2**20:.1f} MiB each")


def measure(tailbit, verb, folder):
    """The second of two calls, so that the files are in memory for every program."""
    for _ in range(2):
        begun = time.monotonic()
        child = subprocess.Popen([tailbit, verb, folder], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begun
        if status != 0:
            sys.exit(f"{tailbit} {verb} ended with {os.waitstatus_to_exitcode(status)}")
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    count = sum(name.endswith(".h5") for name in os.listdir(folder))
    print(f"{verb} of {count} runs: {seconds:.2f} s, CPU {cpu:.2f} s, {memory:.0f} MiB ({tailbit})", flush=True)


def main():
    seal, source, count, tailbits = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    with tempfile.TemporaryDirectory() as folder:
        make_all(folder, seal, source, count)
        for verb in ("status", "table"):
            for tailbit in tailbits:
                measure(tailbit, verb, folder)
        for i in range(count // 2, count):
            os.remove(os.path.join(folder, f"run-{i:04}.h5"))
        for tailbit in tailbits:
            measure(tailbit, "report", folder)
            page = os.path.join(folder, "report.html")
            print(f"a page of {os.path.getsize(page) / 2**20:.1f} MiB")
            os.remove(page)


main()
