#!/usr/bin/env python3
"""What a run was trained on is the digest of its data, and a user's file is known as one whatever its name: grid, table, report,
figure, the written configuration and the command that makes a run again. Argument: tailbit."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)

TAILBIT = os.path.abspath(sys.argv[1])
SMALL = "--imbalance step --rho 2 --method ERM --model resnet8 --batch 16 --epochs 1".split()
GRID = "axes:\n  method: [ERM]\nimbalance: step\nrho: 2\nmodel: resnet8\nbatch: 16\nepochs: 1\n"
TEXT_GRID = "axes:\n  method: [ERM]\ndata: reviews:20:5\nepochs: 1\nbatch: 8\nembedding: 4\nhidden: 16\nglove: words.txt\n"


def run(*words, code=0, folder="."):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == code, (words, done)
    return done.stdout + done.stderr


def make_data(path, seed, K=2):
    """A user's data set whose bytes follow from the seed."""
    rng = np.random.default_rng(seed)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with h5py.File(path, "w") as f:
        for prefix, each in (("", 8), ("test_", 2)):
            f[prefix + "images"] = rng.integers(0, 256, (K * each, 3, 32, 32), dtype="u1")
            f[prefix + "labels"] = np.repeat(np.arange(K), each)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def written(path):
    """The configuration that a run file holds."""
    with h5py.File(path, "r") as f:
        return f["config/yaml"].asstr()[()]


def check_grid():
    write("grid.yaml", GRID)
    make_data("a/data.h5", 1)
    make_data("b/data.h5", 2)
    grid = ("grid", "grid.yaml", "--out", "g", "--data")
    assert "1 job done (1 now)" in run(*grid, "a/data.h5")
    assert "1 job done (0 now)" in run(*grid, "a/data.h5")
    said = run(*grid, "b/data.h5", code=1)
    assert "data of SHA-256" in said and "there" in said and "here" in said, said
    listed = run(*grid, "b/data.h5", "--dry-run")
    assert " changed " in listed and "data of SHA-256" in listed, listed
    shutil.copyfile("a/data.h5", "moved.h5")
    os.rename("moved.h5", "data.h5")
    assert "1 job done (0 now)" in run(*grid, "data.h5"), "where the file lies does not matter"
    times = os.stat("data.h5")
    shutil.copyfile("b/data.h5", "data.h5")
    os.utime("data.h5", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "data of SHA-256" in run(*grid, "data.h5", code=1), "replaced in place, with its old time"
    os.remove("data.h5")
    said = run(*grid, "data.h5")
    assert "data not compared for 1 job with a run file: data.h5: missing" in said, said


def check_glove():
    write("text.yaml", TEXT_GRID)
    write("words.txt", "the 1 2 3 4\nfilm 2 3 4 5\n")
    grid = ("grid", "text.yaml", "--out", "t")
    assert "1 job done (1 now)" in run(*grid)
    os.rename("words.txt", "same.txt")
    assert "1 job done (0 now)" in run(*grid, "--glove", "same.txt")
    assert "data not compared for 1 job" in run(*grid)
    write("words.txt", "the 1 2 3 4\nfilm 2 3 4 6\n")
    said = run(*grid, code=1)
    assert "glove" in said and "there" in said, said
    write("again.yaml", written("t/reviews-20-5-remove-0.9-ERM-seed0.h5"))
    said = run("train", "--config", "again.yaml", "--out", "again.h5", code=2)
    assert "--glove FILE" in said, said
    run("train", "--config", "again.yaml", "--out", "again.h5", "--glove", "same.txt")
    run("compare", "again.h5", "t/reviews-20-5-remove-0.9-ERM-seed0.h5")


def check_names():
    """Ten classes called cifar10, images called imdb, a file without an ending."""
    make_data("own/cifar10.h5", 3, K=10)
    make_data("own/imdb.h5", 4)
    make_data("own/shapes", 5)
    for name, stem in (("cifar10.h5", "user-cifar10"), ("imdb.h5", "user-imdb"), ("shapes", "user-shapes")):
        path = f"runs/{stem}-step-2-ERM-seed0-model-resnet8-epochs-1-batch-16.h5"
        run("train", "--data", f"./own/{name}", *SMALL)
        with h5py.File(path, "r") as f:
            called = f["config"].attrs["data"]
            assert called == f["data"].attrs["name"] == (name if "." in name else f"./{name}"), called
            assert f["config"].attrs["data_sha256"] == f["data"].attrs["sha256"]
        write("run.yaml", written(path))
        said = run("train", "--config", "run.yaml", "--out", "other.h5", code=3)
        assert "missing" in said and "--data PATH says where it lies" in said and "expected data of SHA-256" in said, said
        run("train", "--config", "run.yaml", "--out", "other.h5", "--data", f"own/{name}")
        run("compare", "other.h5", path)
        run("train", "--config", "../run.yaml", "--out", "there.h5", folder="own")
        run("compare", "own/there.h5", path)
        make_data(name, 6, K=10)
        said = run("train", "--config", "run.yaml", "--out", "wrong.h5", code=3)
        assert "data_sha256 asks for" in said and not os.path.exists("wrong.h5"), said
        os.remove("other.h5")
        os.remove("own/there.h5")
        os.remove(name)


def check_places():
    """No user's file stands in a column of the paper, or has its number."""
    cells = json.loads(run("table", "runs", "--format", "json"))["cells"]
    assert {cell["data"] for cell in cells} == {f"{name}/step/2" for name in ("cifar10.h5", "imdb.h5", "./shapes")}, cells
    assert all(cell["paper"] is None for cell in cells), cells
    paper = json.loads(run("table", "runs", "--table", "2", "--format", "json"))["cells"]
    ours = [cell["data"] for cell in paper if cell["n"] > 0]
    assert sorted(ours) == ["./shapes/step/2", "cifar10.h5/step/2", "imdb.h5/step/2"], ours
    run("report", "runs")
    with open("runs/report.html", encoding="utf-8") as f:
        page = f.read()
    with h5py.File("runs/user-cifar10-step-2-ERM-seed0-model-resnet8-epochs-1-batch-16.h5", "r") as f:
        sha256 = f["data"].attrs["sha256"]
    assert f"tailbit train --data {os.path.realpath('own/cifar10.h5')} --data-sha256 {sha256} --imbalance step" in page
    assert "cifar10.h5" in page and "cifar10/step" not in page
    wide = run("table", "runs", "--layout", "wide")
    assert "./shapes, step" in wide and "imdb" in wide and "., shapes" not in wide, wide
    run("figure", "all", "runs", "--only", "imbalance=step", "--out", "figures", code=0)
    for name in os.listdir("figures"):
        if name.endswith(".csv"):
            with open(f"figures/{name}", encoding="utf-8") as f:
                assert "cifar10," not in f.read()


def check_columns():
    """Two data sets of one name are two columns, by their digests; alone each has its name."""
    for folder in "ab":
        run("train", "--data", f"{folder}/data.h5", *SMALL, "--out", f"both/{folder}.h5")
    cells = json.loads(run("table", "both", "--format", "json"))["cells"]
    digests = []
    for folder in "ab":
        with h5py.File(f"both/{folder}.h5", "r") as f:
            digests.append(f["data"].attrs["sha256"][:8])
    assert sorted(cell["data"] for cell in cells) == sorted(f"data.h5@{digest}/step/2" for digest in digests), cells
    assert all(cell["n"] == 1 for cell in cells), cells
    alone = json.loads(run("table", "both/a.h5", "--format", "json"))["cells"]
    assert [cell["data"] for cell in alone] == ["data.h5/step/2"], alone


def check_refusals():
    said = run("train", "--data", "shapes", "--data-sha256", "0" * 64, "--method", "ERM", code=2)
    assert "--data-sha256 has no effect with" in said, said
    said = run("split", "--data", "a/data.h5", "--imbalance", "none", "--data-sha256", "0" * 64, code=3)
    assert "data_sha256 asks for" in said, said


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        check_grid()
        check_glove()
        check_names()
        check_places()
        check_columns()
        check_refusals()
        os.chdir("/")
    print("identity: grid, word vectors, names, places, columns, refusals")


main()
