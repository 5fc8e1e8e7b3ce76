"""A folder of small runs of every kind for the tests of the report."""
import os
import shutil
import subprocess

import h5py
import numpy as np

ODD = """odd <br> &amp; & "quotes" 'too'"""  # a data set's name, and so a part of the page
MANY = 24  # its classes: too many for a column each
SHORT = ["--model", "resnet8", "--epochs", "3", "--batch", "16", "--threads", "1"]
SHAPES = ["--data", "shapes:20:4", "--rho", "5", *SHORT]
FINISHED = ["ERM-0.h5", "ERM-1.h5", "LDAM-DRW-0.h5", "below/odd.h5"]


def call(tailbit, *words, code=0, cwd=None):
    done = subprocess.run([tailbit, *words], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == code, (words, done)
    return done


def make_data(path):
    rng = np.random.default_rng(20061)
    with h5py.File(path, "w") as f:
        for prefix, each in (("", 3), ("test_", 2)):
            f[prefix + "images"] = rng.integers(0, 256, (MANY * each, 3, 32, 32), dtype=np.uint8)
            f[prefix + "labels"] = np.repeat(np.arange(MANY), each)


def edit(source, target, change):
    shutil.copy(source, target)
    with h5py.File(target, "r+") as f:
        change(f)
    subprocess.run([os.environ["SEAL"], target], check=True)


def cut_short(f):
    """What a run of five epochs has after three."""
    f["epochs"].attrs["planned"] = np.int64(5)
    del f["final"]


def make(tailbit, folder, elsewhere):
    """Finished runs, and one of every file that is none."""
    os.makedirs(os.path.join(folder, "below"))
    at = lambda name: os.path.join(folder, name)
    for method, seed, more in (("ERM", 0, []), ("ERM", 1, []), ("LDAM-DRW", 0, ["--validation-frac", "0.2", "--scale", "12.5"])):
        call(tailbit, "train", *SHAPES, "--method", method, "--seed", str(seed), *more, "--out", at(f"{method}-{seed}.h5"))
    call(tailbit, "probe", at("ERM-0.h5"))
    shutil.copy(at("ERM-0.at-drop-paper.probe.h5"), at("ERM-1.at-drop-paper.probe.h5"))  # of another run's bits
    data = os.path.join(elsewhere, ODD + ".h5")
    make_data(data)
    call(tailbit, "train", "--data", data, "--imbalance", "none", *SHORT, "--method", "ERM", "--out", at("below/odd.h5"))
    edit(at("ERM-0.h5"), at("unfinished.h5"), cut_short)
    with open(at("ERM-0.h5"), "rb") as whole, open(at("cut.h5"), "wb") as cut:
        cut.write(whole.read()[:20000])
    with open(at("no <i>run.h5"), "w", encoding="utf-8") as f:
        f.write("not HDF5\n")
    with h5py.File(at("foreign.h5"), "w") as f:
        f["numbers"] = np.arange(3)
    with open(at("to-come.yaml"), "w", encoding="utf-8") as f:
        f.write("data: shapes\nmethod: CB-RW\n")
    with open(at("failed.yaml"), "w", encoding="utf-8") as f:
        f.write("data: shapes\nmethod: CB-RS\n")
    with open(at("failed.failed"), "w", encoding="utf-8") as f:
        f.write("the disk is <full>\n")
