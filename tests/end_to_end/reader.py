#!/usr/bin/env python3
"""The Python package reads what the program reads: every dataset, configuration, errors and weights, of runs of images and of text, of
one that was stopped and of a folder. Arguments: tailbit, the package's folder."""
import json
import os
import re
import shutil
import sys
import tempfile
import types
import warnings

import pages

import h5py
import numpy as np

TAILBIT = os.path.abspath(sys.argv[1])
PACKAGE = os.path.abspath(sys.argv[2])
sys.path.insert(0, PACKAGE)
import tailbit  # the package

IMAGES = ("train", "--data", "shapes:12:4", "--rho", "4", "--model", "resnet8", "--batch", "16", "--epochs", "3", "--warmup", "0")
RUNS = {
    "hold-out": (*IMAGES, "--method", "LDAM-DRW", "--switch", "2", "--validation-frac", "0.25"),
    "erm": (*IMAGES, "--method", "ERM", "--seed", "2"),
    "many": ("train", "--data", "./many.h5", "--imbalance", "none", "--model", "resnet8", "--batch", "128", "--epochs", "2", "--warmup", "0",
             "--drops", "1", "--method", "ERM", "--keep-features"),
    # two classes, as many as a file has final epochs, and as many epochs as tensors
    "text": ("train", "--data", "reviews:12:4", "--method", "ERM", "--epochs", "57", "--batch", "16", "--embedding", "8", "--hidden", "16"),
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
    paths = {key for key in run.keys() if key.split("/")[0] not in ("env", "timing") and key not in ("creator", "check")}
    assert paths == set(exported.files), paths ^ set(exported.files)
    for key in paths:
        assert key in run and same(run[key], exported[key]), key
    assert len(paths) > 90 and "final/nothing" not in run and run.finished == ("final/label" in paths)
    for key, value in run.config.items():
        assert str(exported[f"config/{key}"]) == str(np.asarray(value)), key
    with np.load("run.npz") as arrays:
        state = {key[6:] for key in arrays if key.startswith("state/") and key.count(".") and not key.endswith(tailbit.MOMENTS)}
    assert set(run.weights()) == state and all(same(value, exported[f"state/{key}"]) for key, value in run.weights().items())
    assert list(run.epochs["epoch"]) == list(range(run.done)) and same(run.epochs["test_error"], exported["epochs/test_error"])
    assert "tensor_name" not in run.epochs and (name != "text" or len(run["epochs/tensor_name"]) == run.done)
    assert run.classes["class_counts"].sum() == len(run["split/train_index"])


def check_lines(name, said):
    """An epoch's line has both errors on the held-out examples: of all of them, and the mean over the classes."""
    with h5py.File(f"runs/{name}.h5") as run:
        errors = zip(run["epochs/validation_error"], run["epochs/validation_class_error"]) if "epochs/validation_error" in run else ()
        for error, of_class in errors:
            assert f" validation error {100 * error:.2f}% balanced {100 * np.mean(of_class):.2f}% " in said, (error, of_class, said)
        assert ("validation error" in said) == (name == "hold-out")


def make_many():
    """More than 1,000 classes: features lie in files of their own."""
    rng = np.random.default_rng(3)
    with h5py.File("many.h5", "w") as file:
        for part in ("", "test_"):
            file[f"{part}images"] = rng.integers(0, 256, (1003, 8, 8), np.uint8)
            file[f"{part}labels"] = np.arange(1003)


def check_features():
    """Of many classes: without their files the paths are not there, and reading one names the file."""
    run = tailbit.load_run("runs/many.h5")
    assert run["features/at_end/train"].shape == (1003, 64) and run["features/at_drop/epoch"] == 1
    names = [name for name in os.listdir("runs") if name.endswith(".features.h5")]
    assert len(names) == 2
    for name in names:
        os.rename(f"runs/{name}", f"{name}.away")
    assert "features/at_end/digest" in run and "features/at_end/train" not in run and "features/train_label" not in run
    refused(lambda: run["features/at_end/train"], OSError, "runs/many.at-end-")
    for name in names:  # one of both is enough for the labels
        os.rename(f"{name}.away", f"runs/{name}")
        assert "features/train_label" in run and run["features/train_label"].shape == (1003,)
        os.rename(f"runs/{name}", f"{name}.away")
    for name in names:
        os.rename(f"{name}.away", f"runs/{name}")


def check_frames():
    """With pandas and without, whether or not it is installed here."""
    run, own = tailbit.load_run("runs/erm.h5"), sys.modules.get("pandas")
    sys.modules["pandas"] = types.SimpleNamespace(DataFrame=lambda columns: ("a frame", columns))
    frames = run.epochs, run.classes
    sys.modules["pandas"] = None  # an import fails
    columns = run.epochs, run.classes
    del sys.modules["pandas"]
    if own is not None:
        sys.modules["pandas"] = own
    for (word, found), wanted in zip(frames, columns, strict=True):
        assert word == "a frame" and list(found) == list(wanted) and all(same(found[name], wanted[name]) for name in wanted)
    assert len(columns[0]["epoch"]) == 3 and len(columns[1]["class"]) == 10 and run["epochs/test_class_error"].shape == (3, 10)


def check_left_out():
    """A file that is no run is named, with the reason; a probe is not."""
    os.mkdir("mixed")
    for name in ("damaged.h5", "x.probe.h5", "notes.txt"):
        with open(f"mixed/{name}", "w", encoding="utf-8") as file:
            file.write("no HDF5")
    os.link("runs/erm.h5", "mixed/erm.h5")
    os.link("other.h5", "mixed/other.h5")
    os.symlink(".", "mixed/again")
    os.mkdir("mixed/below")
    os.symlink("..", "mixed/below/above")
    os.symlink("erm.h5", "mixed/same.h5")
    os.mkfifo("mixed/pipe.h5")
    with open("runs/erm.h5", "rb") as file:
        content = bytearray(file.read())
    content[1000:] = bytes(len(content) - 1000)
    with open("mixed/torn.h5", "wb") as file:
        file.write(content)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert [run.path for run in tailbit.load_runs("mixed")] == ["mixed/erm.h5"]
    texts = [str(warning.message) for warning in said]
    assert [text.split(": ")[1] for text in texts] == ["mixed/damaged.h5", "mixed/other.h5", "mixed/pipe.h5", "mixed/torn.h5"], texts
    assert texts[1].startswith("left out: mixed/other.h5: format 'something'"), texts
    assert all(warning.filename == __file__ for warning in said)


def check_table():
    """The numbers of the table are those of columns()."""
    runs = tailbit.load_runs("runs")
    assert [os.path.basename(run.path) for run in runs] == sorted([f"{name}.h5" for name in RUNS] + ["stopped.h5"])
    found = tailbit.columns(run for run in runs if run.data["name"] == "shapes:12:4")
    assert found["method"] == ["ERM", "LDAM-DRW", "ERM"] and found["error"][2] is None and "model" not in found, found
    said = json.loads(program("table", "runs/erm.h5", "--format", "json"))
    shown = re.findall(r"[0-9]+\.[0-9]+", json.dumps(said))
    assert f"{100 * found['error'][0]:.2f}" in shown or str(100 * found["error"][0]) in shown, (said, found["error"])
    best = runs[0].final("best")
    assert best["error"] == np.nanmin(runs[0].epochs["test_error"]) and "pairs" not in best


def check_older():
    """What a file of the first tailbit lacks is NaN, and -1 as a class."""
    later = ("top5_error", "worst_class_error", "worst_class", "geometric_mean_recall", "calibration_error")
    os.mkdir("older")
    shutil.copy("runs/erm.h5", "older/erm.h5")
    with h5py.File("older/erm.h5", "r+") as file:
        for name in later:
            del file["final"][name]
    whole, older = tailbit.load_run("runs/erm.h5").final(), tailbit.load_run("older/erm.h5").final()
    assert set(older) == set(whole) and older["worst_class"] == -1, older
    assert all(np.isnan(older[name]) for name in later if name != "worst_class")
    assert all(older[name] == whole[name] for name in whole if name not in later and not np.isnan(whole[name]))


def refused(what, kind, said):
    try:
        what()
    except kind as error:
        assert said in str(error), error
    else:
        raise AssertionError("nothing was refused")


def check_refusals():
    stopped = tailbit.load_run("runs/stopped.h5")
    assert not stopped.finished and stopped.planned == 3 and stopped.done < 3
    refused(stopped.final, ValueError, "only a finished run")
    refused(lambda: stopped.final("lst"), ValueError, "expected 'last' or 'best'")
    refused(lambda: tailbit.load_run("other.h5"), ValueError, "expected a run file")
    refused(lambda: tailbit.load_run("none.h5"), OSError, "none.h5")
    refused(lambda: tailbit.load_run("mixed/torn.h5"), OSError, "mixed/torn.h5: cannot be read")
    refused(lambda: tailbit.load_run("mixed/damaged.h5"), OSError, "mixed/damaged.h5: cannot be read")
    refused(lambda: tailbit.load_runs("nothing"), FileNotFoundError, "nothing")
    refused(lambda: tailbit.load_runs("other.h5"), NotADirectoryError, "other.h5")
    refused(lambda: stopped["epochs/nope"], KeyError, "stopped.h5: 'epochs/nope' does not exist")
    refused(lambda: stopped["/epochs"], KeyError, "stopped.h5: 'epochs' is a group")
    refused(lambda: stopped["/"], KeyError, "stopped.h5: '' is a group")
    refused(lambda: tailbit.load_run("runs"), ValueError, "runs: no regular file")
    assert "/epochs/lr" in stopped and "epochs/lr" in list(stopped) and same(stopped["/epochs/lr"], stopped["epochs/lr"])
    os.chdir("mixed")
    assert stopped.done == len(stopped["epochs/lr"]) and len(stopped.epochs["seconds"]) == stopped.done and stopped.path == "runs/stopped.h5"
    os.chdir("..")


def main():
    version = re.search(r'^version = "(.*)"', open(f"{PACKAGE}/pyproject.toml", encoding="utf-8").read(), re.M)[1]
    assert f"tailbit {version} " in program("--version")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_many()
        for name, words in RUNS.items():
            check_lines(name, program(*words, "--out", f"runs/{name}.h5"))
        os.environ["TAILBIT_TEST_ABORT_AFTER"] = "40"
        program(*IMAGES, "--method", "ERM", "--seed", "3", "--save-every", "1step", "--out", "runs/stopped.h5", code=-9)
        del os.environ["TAILBIT_TEST_ABORT_AFTER"]
        with h5py.File("other.h5", "w") as file:
            file.attrs["format"] = "something"
        for name in (*RUNS, "stopped"):
            check_run(name)
        assert len({frozenset(tailbit.load_run(f"runs/{name}.h5").final()) for name in RUNS}) == 1
        check_features()
        check_frames()
        check_older()
        check_left_out()
        check_table()
        check_refusals()
        os.chdir("/")


main()
