#!/usr/bin/env python3
"""The peak memory of a training beside the memory that `tailbit grid --dry-run` predicts for it. memory.py TAILBIT [OPTIONS OF TRAIN]

A line for each network: predicted MiB, peak, and peak / predicted, which should be a little below 1: a cluster ends a job that takes
more than it asked for. With options, such as --data cifar10 --epochs 5, that one training is measured; its data lie in $TAILBIT_DATA."""
import os
import re
import subprocess
import sys
import tempfile

TRAININGS = (
    "--data shapes:200:50 --model resnet8 --epochs 5",
    "--data shapes:20:10:64 --rho 5 --model resnet18 --epochs 5",
    "--data shapes:8:4:64 --rho 2 --model resnet50 --batch 32 --epochs 5",
    "--data reviews:1000:1000 --epochs 5",
)
MIB = {"MiB": 1, "GiB": 1024}


def predicted(tailbit, words):
    """MiB, for a grid file with the same options."""
    with open("grid.yaml", "w", encoding="utf-8") as file:
        file.write("axes:\n  seed: [0]\n")
        file.writelines(f'{name.lstrip("-").replace("-", "_")}: "{value}"\n' for name, value in zip(words[::2], words[1::2]))
    said = subprocess.run([tailbit, "grid", "grid.yaml", "--threads", "2", "--dry-run"], capture_output=True, text=True, check=True).stdout
    value, unit = re.search(r"memory of a job: ([0-9.]+) (\S+);", said).groups()
    return float(value) * MIB[unit]


def peak(tailbit, words):
    with subprocess.Popen([tailbit, "train", "--threads", "2", "--out", "run.h5", *words], stdout=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, words
    return used.ru_maxrss / 1024


def main():
    tailbit, options = os.path.abspath(sys.argv[1]), sys.argv[2:]
    for words in [options] if options else [text.split() for text in TRAININGS]:
        words = ["--method", "LDAM-DRW", *words]
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            before, after = predicted(tailbit, words), peak(tailbit, words)
            os.chdir("/")
        print(f"predicted {before:.0f} MiB, peak {after:.0f} MiB, ratio {after / before:.2f} ({' '.join(words)})", flush=True)


main()
