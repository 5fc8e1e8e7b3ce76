#!/usr/bin/env python3
"""The Python package reads what the program reads: every dataset, configuration, errors and weights, of runs of images and of text, of
one that was stopped and of a folder. Arguments: tailbit, the package's folder."""
import json
import os
import re
import sys
import tempfile

import pages

import numpy as np

TAILBIT = os.path.abspath(sys.argv[1])
PACKAGE = os.path.abspath(sys.argv[2])
sys.path.insert(0, PACKAGE)
import tailbit  # the package

IMAGES = ("train", "--data", "shapes:12:4", "--rho", "4", "--model", "resnet8", "--batch", "16", "--epochs", "3", "--warmup", "0")
RUNS = {
    "hold-out": (*IMAGES, "--method", "LDAM-DRW", "--switch", "2", "--validation-frac", "0.25"),
    "erm": (*IMAGES, "--method", "ERM", "--seed", "2"),
    "text": ("train", "--data", "reviews:30:10", "--method", "ERM", "--epochs", "2", "--batch", "16", "--embedding", "8", "--hidden", "16"),
}


def program(*words, code=0):
    done = pages.run(TAILBIT, *words)
    assert done.returncode == code, done
    return done.stdout


def same(a, b):
    """Texts by their letters, numbers by type, shape and value."""
    a = np.asarray(a)
    if a.dtype.kind in "OU":
        return a.astype(str).tolist() == b.astype(str).tolist()
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def check_run(name):
    """Every dataset and option as `export --npz` has them, which reads with the C reader and checks the digest."""
    path = f"runs/{name}.h5"
    program("export", path, "--npz", "--out", "run.npz")
    run, exported = tailbit.load_run(path), np.load("run.npz")
    seen = 0
    for key in run.keys():
        if key.split("/")[0] in ("env", "timing"):
            continue
        assert key in exported and same(run[key], exported[key]), key
        seen += 1
    assert seen > 60 and run.finished == ("final/logits" in exported)
    for key, value in run.config.items():
        assert str(exported[f"config/{key}"]) == str(np.asarray(value)), key
    with np.load("run.npz") as arrays:
        state = {key[6:] for key in arrays if key.startswith("state/") and key.count(".") and not key.endswith(tailbit.MOMENTS)}
    assert set(run.weights()) == state and all(same(value, exported[f"state/{key}"]) for key, value in run.weights().items())
    assert list(run.epochs["epoch"]) == list(range(run.done)) and same(run.epochs["test_error"], exported["epochs/test_error"])
    assert run.classes["class_counts"].sum() == len(run["split/train_index"])
    return run


def check_table():
    """The numbers of the table are those of columns()."""
    runs = tailbit.load_runs("runs")
    assert [os.path.basename(run.path) for run in runs] == sorted([f"{name}.h5" for name in RUNS] + ["stopped.h5"])
    found = tailbit.columns([run for run in runs if run.data["name"] == "shapes:12:4"])
    assert found["method"] == ["ERM", "LDAM-DRW", "ERM"] and found["error"][2] is None and "model" not in found, found
    said = json.loads(program("table", "runs/erm.h5", "--format", "json"))
    shown = re.findall(r"[0-9]+\.[0-9]+", json.dumps(said))
    assert f"{100 * found['error'][0]:.2f}" in shown or str(100 * found["error"][0]) in shown, (said, found["error"])
    best = runs[0].final("best")
    assert best["error"] == np.nanmin(runs[0].epochs["test_error"]) and "pairs" not in best


def check_refusals():
    stopped = tailbit.load_run("runs/stopped.h5")
    assert not stopped.finished and stopped.planned == 3 and stopped.done < 3
    for what, kind in ((lambda: stopped.final(), ValueError), (lambda: tailbit.load_run("other.h5"), ValueError), (lambda: tailbit.load_run("none.h5"), OSError)):
        try:
            what()
        except kind as error:
            assert kind is OSError or "expected a run file" in str(error) or "only a finished run" in str(error), error
        else:
            raise AssertionError("nothing was refused")


def main():
    version = re.search(r'^version = "(.*)"', open(f"{PACKAGE}/pyproject.toml", encoding="utf-8").read(), re.M)[1]
    assert f"tailbit {version} " in program("--version")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, words in RUNS.items():
            program(*words, "--out", f"runs/{name}.h5")
        os.environ["TAILBIT_TEST_ABORT_AFTER"] = "40"
        program(*IMAGES, "--method", "ERM", "--seed", "3", "--save-every", "1step", "--out", "runs/stopped.h5", code=-9)
        del os.environ["TAILBIT_TEST_ABORT_AFTER"]
        import h5py

        with h5py.File("other.h5", "w") as file:
            file.attrs["format"] = "something"
        for name in (*RUNS, "stopped"):
            check_run(name)
        check_table()
        check_refusals()
        os.chdir("/")


main()
