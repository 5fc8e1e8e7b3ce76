#!/usr/bin/env python3
"""`train --init`: a run begins with the tensors of an archive, bit by bit, and never reads it again; what does not fit is a line.
Arguments: tailbit."""
import os
import sys
import tempfile

import pages

import h5py
import numpy as np

TAILBIT = os.path.abspath(sys.argv[1])
SHAPES = ["--data", "shapes:4:2:16", "--imbalance", "none", "--method", "ERM", "--epochs", "1", "--batch", "8", "--warmup", "0"]
REVIEWS = ["--data", "reviews:6:3", "--imbalance", "none", "--method", "ERM", "--epochs", "1", "--embedding", "8", "--hidden", "16"]
NETWORKS = {
    "resnet8": [*SHAPES, "--model", "resnet8"],
    "resnet18": ["shapes:1:1:8" if word == "shapes:4:2:16" else word for word in SHAPES] + ["--model", "resnet18"],
    "bilstm2": [*REVIEWS, "--warmup", "0"],
}
STILL = ["--lr", "1e-300", "--drops", "0", "--seed", "7"]  # nothing moves but batch norm's statistics; features before the first step


def tailbit(*words, code=0):
    done = pages.run(TAILBIT, *words)
    assert done.returncode == code, done
    return done


def refused(said, *words, code=3):
    done = tailbit("train", *words, code=code)
    assert said in done.stderr and done.stderr.count("\n") == 1, (said, done)
    assert not os.path.exists("no.h5") and not os.path.exists("no.h5.lock"), words


def tensors(path):
    """The state's tensors by name, without the optimiser's."""
    with h5py.File(path) as f:
        return {k: item[...] for k, item in f["state"].items() if "momentum" not in k and "exp_avg" not in k}


def check_network(name):
    """The export of a trained network, and its tensors as PyTorch has them, give its features and weights again."""
    recipe = NETWORKS[name]
    tailbit("train", *recipe, "--out", "a.h5", "--lr", "0.01")
    large = name == "resnet18"
    if not large:
        tailbit("export", "a.h5", "--npz", "--out", "a.npz")
    state = tensors("a.h5")
    heads = {"linear.weight": "fc.weight", "linear.bias": "fc.bias"}
    torch = {"module." + heads.get(k, k): v.astype("f4" if large else "f8") for k, v in state.items()}
    torch["module.bn1.num_batches_tracked"] = np.array(3)
    (np.savez if large else np.savez_compressed)("torch.npz", **torch)
    for archive in ("torch.npz",) if large else ("a.npz", "torch.npz"):
        done = tailbit("train", *recipe, *STILL, "--init", archive, "--out", "b.h5")
        assert f"begins with the tensors of {archive}\n" in done.stdout, done
        with h5py.File("a.h5") as a, h5py.File("b.h5") as b:
            assert np.array_equal(a["features/at_end/test"], b["features/at_drop/test"]), (name, archive)
        after = tensors("b.h5")
        assert after.keys() == state.keys() and state
        moved = [k for k, v in state.items() if not np.array_equal(after[k], v)]
        assert all("running" in k for k in moved), (name, archive, moved)
        os.remove("b.h5")
    os.remove("a.h5")
    return state


def check_other_classes(state):
    """A classifier of another width, or none, is fine with a fresh one."""
    recipe = NETWORKS["resnet8"]
    own = state["linear.weight"]
    other = dict(state, **{"linear.weight": np.zeros((1000, 64), "f4"), "linear.bias": np.zeros(1000, "f4")})
    none = {k: v for k, v in state.items() if not k.startswith("linear.")}
    option = "; --init-head fresh begins with a new classifier"
    for content, said in (
        (other, "w.npz: linear.bias in it has the shape (1000,), expected (10,) of resnet8" + option),
        (none, "w.npz: lacks linear.weight (10, 64) of resnet8" + option),
    ):
        np.savez("w.npz", **content)
        refused(said, *recipe, "--init", "w.npz", "--out", "no.h5")
        done = tailbit("train", *recipe, *STILL, "--init", "w.npz", "--init-head", "fresh", "--out", "c.h5")
        assert "begins with the tensors of w.npz and a new classifier\n" in done.stdout, done
        drawn = tensors("c.h5")["linear.weight"]
        os.remove("c.h5")
    tailbit("train", *recipe, *STILL, "--out", "c.h5")
    assert np.array_equal(drawn, tensors("c.h5")["linear.weight"]) and not np.array_equal(drawn, own), "a fresh classifier is that of a run without --init"
    np.savez("w.npz", **state)
    refused("w.npz: has linear.bias, which resnet8 has not, expected its tensors alone" + option,
            *["LDAM" if word == "ERM" else word for word in recipe], "--init", "w.npz", "--out", "no.h5")  # fmt: skip


def check_refusals(state):
    recipe = [*NETWORKS["resnet8"], "--init", "w.npz", "--out", "no.h5"]
    nan, negative = state["bn1.bias"].copy(), -state["bn1.running_var"]
    nan[3] = np.nan
    fortran = np.asfortranarray(state["layer1.0.conv1.weight"])
    for change, said in (
        ({"bn1.bias": None}, "w.npz: lacks bn1.bias (16,) of resnet8"),
        ({"layer1.0.bn2.running_var": None}, "w.npz: lacks layer1.0.bn2.running_var (16,) of resnet8"),
        ({"conv1.weight": np.zeros((16, 3, 7, 7), "f4")}, "conv1.weight in it has the shape (16, 3, 7, 7), expected (16, 3, 3, 3) of"),
        ({"layer4.0.bn1.bias": nan}, "w.npz: has layer4.0.bn1.bias, which resnet8 has not"),
        ({"cls_token": nan}, "w.npz: has cls_token, which resnet8 has not"),
        ({"bn1.bias": nan}, "w.npz: bn1.bias in it has NaN at element 3, expected finite floats"),
        ({"bn1.running_var": negative}, "w.npz: bn1.running_var in it has a variance below 0"),
        ({"bn1.bias": np.arange(16)}, "w.npz: bn1.bias in it is of type '<i8', expected float32, float64 or float16"),
        ({"layer1.0.conv1.weight": fortran}, "layer1.0.conv1.weight in it is column-major"),
        ({"fc.bias": state["linear.bias"]}, "w.npz: linear.bias stands twice in it"),
    ):
        np.savez("w.npz", **{k: v for k, v in {**state, **change}.items() if v is not None})
        refused(said, *recipe)
    with open("w.npz", "rb") as f:
        half = f.read()[:20000]
    for content in (half, b"", b"no archive"):
        with open("w.npz", "wb") as f:
            f.write(content)
        refused("w.npz: no zip archive, or a truncated one", *recipe)
    os.remove("w.npz")
    refused("cannot open w.npz", *recipe)
    os.mkfifo("w.npz")  # nobody writes to it
    refused("cannot read w.npz: it is not a regular file", *recipe)
    os.remove("w.npz")
    refused("--init-head has no effect with random initial values", *SHAPES, "--init-head", "fresh", code=2)
    refused("--glove and --init both", *REVIEWS, "--init", "a.npz", "--glove", "a.txt", code=2)


def check_going_on(state):
    """A stopped run goes on without the archive to the bits of one that was not stopped, and with no other archive."""
    recipe = ["2" if word == "1" else word for word in NETWORKS["resnet8"]]
    np.savez("w.npz", **state)
    np.savez("other.npz", **{k: 2 * v for k, v in state.items()})
    tailbit("train", *recipe, "--init", "w.npz", "--out", "whole.h5")
    os.environ["TAILBIT_TEST_ABORT_AFTER"] = "40"
    killed = pages.run(TAILBIT, "train", *recipe, "--save-every", "1step", "--init", "w.npz", "--out", "runs/b.h5")
    del os.environ["TAILBIT_TEST_ABORT_AFTER"]
    assert killed.returncode == -9 and os.path.exists("runs/b.h5"), killed
    refused("runs/b.h5: holds a run with init ", *recipe, "--init", "other.npz", "--out", "runs/b.h5", code=2)
    refused("runs/b.h5: holds a run with init ", *recipe, "--out", "runs/b.h5", code=2)
    os.rename("w.npz", "gone.npz")
    refused("nowhere.npz", *recipe, "--init", "nowhere.npz", "--out", "runs/b.h5")
    done = tailbit("train", *recipe, "--init", "w.npz", "--out", "runs/b.h5")
    refused("runs/b.h5: holds a run with init ", *recipe, "--init", "other.npz", "--out", "runs/b.h5", code=2)
    assert not os.path.exists("runs/b.h5.lock"), "of a finished run"
    assert "resumed in epoch" in done.stdout and "begins with" not in done.stdout, done
    tailbit("compare", "whole.h5", "runs/b.h5")
    with h5py.File("whole.h5") as f:
        digest = f["config"].attrs["init"]
        with open("again.yaml", "w", encoding="utf-8") as config:
            config.write(f["config/yaml"][()].decode() if "yaml" in f["config"] else f["config"].attrs["yaml"])
    refused("expected that file: give it with --init FILE", "--config", "again.yaml", "--out", "no.h5", code=2)
    assert "already finished" in tailbit("train", "--config", "again.yaml", "--out", "runs/b.h5").stdout
    tailbit("train", "--config", "again.yaml", "--init", "gone.npz", "--out", "again.h5")
    tailbit("compare", "whole.h5", "again.h5")
    tailbit("report", "runs")
    with open("runs/report.html", encoding="utf-8") as file:
        assert f"--init FILE-OF-SHA256-{digest[:12]}" in file.read()


def check_grid():
    """Cells take the option from their recipe, and are the same runs where the archive has the same bytes."""
    with open("tune.yaml", "w", encoding="utf-8") as f:
        f.write("axes:\n  seed: [0, 1]\ndata: shapes:4:2:16\nimbalance: none\nmethod: ERM\nmodel: resnet8\nepochs: 1\nbatch: 8\n"
                "init: gone.npz\ninit_head: fresh\n")  # fmt: skip
    os.rename("gone.npz", "here.npz")
    missing = tailbit("grid", "tune.yaml", "--out", "g", code=3)
    assert "gone.npz: No such file or directory; nothing was trained" in missing.stderr, missing
    assert not os.path.exists("g")
    os.rename("here.npz", "gone.npz")
    assert "2 jobs done (2 now)" in tailbit("grid", "tune.yaml", "--out", "g").stdout
    os.rename("gone.npz", "here.npz")
    assert "2 jobs done (0 now)" in tailbit("grid", "tune.yaml", "--out", "g", "--init", "here.npz").stdout
    assert "data not compared for 2 jobs" in tailbit("grid", "tune.yaml", "--out", "g").stdout
    said = tailbit("grid", "tune.yaml", "--out", "g", "--init", "other.npz", code=1)
    assert "init" in said.stdout + said.stderr, said


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir("runs")
        states = {name: check_network(name) for name in NETWORKS}
        check_other_classes(states["resnet8"])
        check_refusals(states["resnet8"])
        check_going_on(states["resnet8"])
        check_grid()
        os.chdir("/")


main()
