#!/usr/bin/env python3
"""Names that steer a terminal, break a line or are no UTF-8 are never written raw: every command is given a folder, and files in
it, of such a name, and what it prints, and every page and table that it writes, is UTF-8 without control characters.
names.py TAILBIT"""
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

TAILBIT = os.path.abspath(sys.argv[1])
EVIL = b"a\x1b[31m\nb\xe9\xe2\x80\xae"
TINY = ["--data", "shapes:4:2", "--model", "resnet8", "--imbalance", "none", "--batch", "8", "--epochs", "1", "--threads", "1"]
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e]")


def check(what, data):
    text = data.decode("utf-8")
    raw = RAW.search(text)
    assert raw is None, (what, raw, text[max(0, raw.start() - 80) : raw.end() + 80])


def run(*words, codes=(0,)):
    done = subprocess.run([TAILBIT, *words], capture_output=True, check=False)
    assert done.returncode in codes, (words, done)
    check(words, done.stdout + done.stderr)
    assert b"\nb\\xe9" not in done.stdout + done.stderr, done
    return done


def place(*parts):
    return b"/".join([EVIL, *parts])


def figures_of_names():
    """Names of classes are words of figures and of their data: none ends gnuplot."""
    images, labels = np.arange(36 * 192, dtype=np.uint8).reshape(36, 8, 8, 3).transpose(0, 3, 1, 2), np.repeat(np.arange(3), 12)
    names = ['12" LP', "it's\n%d @x\\", "`ls` {/Symbol a}"]
    with h5py.File("own.h5", "w") as file:
        file.update({"images": images, "labels": labels, "test_images": images, "test_labels": labels, "class_names": names})
    for method in ("ERM", "LDAM"):
        run("train", "--data", "own.h5", *TINY[2:], "--method", method, "--out", f"own/{method}.h5")
    done = run("figure", "all", "own", codes=(0,) if shutil.which("gnuplot") else (4,))
    assert b"gnuplot failed" not in done.stderr and b"own/figures/margins." in done.stdout, done
    with open("own/figures/margins.csv", encoding="utf-8", newline="") as file:
        assert len({len(row) for row in csv.reader(file)}) == 1


def main():
    for seed in ("0", "1"):
        for end in (b".h5", b"\x1b.h5"):
            run("train", *TINY, "--method", "ERM", "--seed", seed, "--out", place(seed.encode(), b"r" + end))
    first, second = place(b"0", b"r.h5"), place(b"1", b"r.h5")
    run("train", *TINY, "--method", "ERM", "--out", first)
    run("compare", first, second, codes=(1,))
    run("compare", place(b"0"), place(b"1"), codes=(1,))
    os.rename(place(b"1", b"r\x1b.h5"), place(b"1", b"\x1bonly.h5"))
    with open(place(b"1", b"\x1bdamaged.h5"), "wb") as f:
        f.write(b"no HDF5")
    os.link(place(b"1", b"\x1bdamaged.h5"), place(b"0", b"\x1bdamaged.h5"))
    run("compare", place(b"0"), place(b"1"), codes=(3,))
    for form in ("text", "markdown", "latex", "csv", "json"):
        run("table", EVIL, "--format", form)
    run("info", first)
    run("status", EVIL, codes=(0, 1))
    run("probe", first, codes=(0, 3))
    for flag, end in (("--csv", b"csv"), ("--npz", b"npz"), ("--onnx", b"onnx")):
        run("export", first, flag, "--out", place(end + b"\x1b"))
    run("report", EVIL, "--out", place(b"r.html"))
    with open(place(b"r.html"), "rb") as f:
        check("report", f.read())
    run("figure", "all", EVIL, "--out", place(b"figures"), codes=(0, 1, 3, 4))
    figures_of_names()
    run("data", "list", "--data-dir", EVIL)
    run("data", "verify", place(b"none.h5"), codes=(3,))
    run("data", "import", "cifar10", place(b"r.html"), "--unverified", "--data-dir", place(b"data"), codes=(3,))
    run("split", "--data", place(b"none.h5"), codes=(3,))
    run("grid", place(b"none.yaml"), "--dry-run", codes=(2, 3))
    run(b"train\x1b", codes=(2,))
    run("train", *TINY, "--method", EVIL, codes=(2,))


with tempfile.TemporaryDirectory(prefix="tailbit-names-") as folder:
    os.chdir(folder)
    main()
