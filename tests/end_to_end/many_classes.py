#!/usr/bin/env python3
"""A run with more than 1,000 classes: nothing in its file grows as K x K or N x K, what stands in the place of logits and confusion
gives the same errors as a dense calculation, and every reader takes it. Arguments: tailbit."""
import csv
import json
import os
import shutil
import sys
import tempfile

import pages

import h5py
import numpy as np

TAILBIT = os.path.abspath(sys.argv[1])
K, EACH, TESTED = 1009, 2, 3  # a class error of 1/3 is not exact
RECIPE = ["--data", "./many.h5", "--imbalance", "none", "--model", "resnet8", "--batch", "64", "--epochs", "2", "--warmup", "0",
          "--method", "LDAM-DRW", "--validation-frac", "0.3"]  # fmt: skip


def tailbit(*words, code=0):
    done = pages.run(TAILBIT, *words)
    assert done.returncode == code, done
    return done


def make_data():
    """Images of 12x12, a few of them for each class; the first classes have more, so that each group of classes has some."""
    rng = np.random.default_rng(6)
    labels = np.concatenate([np.repeat(np.arange(K), EACH), np.repeat(0, 150), np.repeat(np.arange(1, 3), 40)])
    means = rng.integers(0, 200, (K, 3, 1, 1))
    with h5py.File("many.h5", "w") as f:
        for part, classes in (("", labels), ("test_", np.repeat(np.arange(K), TESTED))):
            noise = rng.integers(0, 50, (len(classes), 3, 12, 12))
            f[f"{part}images"] = (means[classes] + noise).astype(np.uint8)
            f[f"{part}labels"] = classes


def no_larger_arrays(group):
    found = []
    group.visititems(lambda name, item: found.append((name, item.shape)) if isinstance(item, h5py.Dataset) else None)
    for name, shape in found:
        if not name.startswith("state/"):
            assert np.prod(shape, dtype=float) <= 40 * K * EACH, (name, shape)


def check_numbers(path):
    """The errors once more, from the arrays of the file alone."""
    with h5py.File(path) as f:
        no_larger_arrays(f)
        final = {name: item[...] for name, item in f["final"].items()}
        counts, label = f["split/class_counts"][:], final["label"]
        assert f["epochs/test_class_error"].dtype == np.float32 and f["margins/class_min"].dtype == np.float32
        assert f["margins/group_quantile"].shape == (2, 3, 5) and "class_quantile" not in f["margins"]
    predicted = final["top_label"][:, 0]
    assert final["top_label"].shape == (K * TESTED, 10) and "logits" not in final and "confusion" not in final
    assert np.all(np.diff(final["top_logit"], axis=1) <= 0)
    inside = final["rank"] < 10
    assert np.array_equal(final["top_label"][inside, final["rank"][inside]], label[inside])
    assert np.array_equal(final["top_logit"][inside, final["rank"][inside]], final["own_logit"][inside])
    assert np.all(final["own_logit"][~inside] <= final["top_logit"][~inside, 9])
    errors = np.array([np.mean(predicted[label == k] != k) for k in range(K)])
    assert np.array_equal(errors, final["class_error"])
    assert np.isclose(np.mean(predicted != label), final["error"][0]) and np.isclose(np.mean(final["rank"] >= 5), final["top5_error"][0])
    for name, group in (("many", counts > 100), ("medium", (counts >= 20) & (counts <= 100)), ("few", counts < 20)):
        assert group.any() and np.isclose(np.mean(errors[group]), final[f"{name}_error"][0], atol=1e-7), name
    pairs, sums = np.unique(np.stack([label, predicted], 1), axis=0, return_counts=True)
    assert np.array_equal(np.column_stack([pairs, sums]), final["pairs"])


def dense_logits(f, end, part="test"):
    """All logits of the test set, in double precision, from the features at the end and the cosine head."""
    features, weight = (item[:].astype(float) for item in (end[f"features/at_end/{part}"], f["state/linear.weight"]))
    return features @ (weight / np.linalg.norm(weight, axis=1, keepdims=True)).T / np.linalg.norm(features, axis=1, keepdims=True)


def check_margins(f, logits):
    """Of the training examples after the last epoch: the logit of the class less the largest other one."""
    label = f["margins/label"][:]
    own = np.take_along_axis(logits, label[:, None], 1)[:, 0]
    np.put_along_axis(logits, label[:, None], -np.inf, 1)
    margins = own - logits.max(1)
    assert np.allclose(f["margins/margin"][:], margins, rtol=0, atol=1e-6)
    assert np.allclose(f["margins/final_class_min"][:], [margins[label == k].min() for k in range(K)], rtol=0, atol=1e-6)


def check_dense(path):
    """What stands in the place of logits, and every error, against the whole matrix of logits. Of two logits that differ by no more than
    rounding either may be the larger one: there, of less than 1 % of the examples, the file is believed."""
    (end,) = (name for name in kept("runs") if ".at-end-" in name)
    with h5py.File(path) as f, h5py.File(os.path.join("runs", end)) as features:
        logits, counts = dense_logits(f, features), f["split/class_counts"][:]
        final = {name: item[...] for name, item in f["final"].items()}
        check_margins(f, dense_logits(f, features, "train"))
    near, label = 1e-6, final["label"]
    assert logits.shape == (K * TESTED, K)
    own = np.take_along_axis(logits, label[:, None], 1)
    assert np.allclose(final["own_logit"], own[:, 0], rtol=0, atol=near)
    assert np.allclose(final["top_logit"], -np.sort(-logits, axis=1)[:, :10], rtol=0, atol=near)
    assert np.allclose(np.take_along_axis(logits, final["top_label"], 1), final["top_logit"], rtol=0, atol=near)
    least, most = (np.sum(logits > own + sign * near, axis=1) for sign in (1, -1))
    most -= 1  # the own logit
    rank = np.where(least == most, least, final["rank"])
    assert np.all((least <= final["rank"]) & (final["rank"] <= most))
    first = np.sort(logits, axis=1)[:, -2:]
    is_close = first[:, 1] - first[:, 0] <= 2 * near
    predicted = np.where(is_close, final["top_label"][:, 0], np.argmax(logits, axis=1))
    assert np.mean(is_close) < 0.01 and np.mean((least < 5) != (most < 5)) < 0.01
    errors = np.array([np.mean(predicted[label == k] != k) for k in range(K)])
    assert np.isclose(np.mean(predicted != label), final["error"][0], atol=1e-12)
    assert np.isclose(np.mean(rank >= 5), final["top5_error"][0], atol=1e-12)
    assert np.array_equal(errors, final["class_error"])
    for name, group in (("many", counts > 100), ("medium", (counts >= 20) & (counts <= 100)), ("few", counts < 20)):
        assert np.isclose(np.mean(errors[group]), final[f"{name}_error"][0], atol=1e-7), name


def kept(folder):
    """The files of features in a folder, by set, as bytes."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".features.h5"))
    files = {}
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read()
    return files


def check_bits():
    """Other threads, and a run that is killed in the midst of a file of features, give the same bits, floats of past epochs included,
    and the same two files of features, each whole or not there."""
    recipe = [*RECIPE, "--keep-features", "--save-every", "never"]
    tailbit("train", *recipe, "--threads", "1", "--out", "runs/a.h5")
    tailbit("train", *recipe, "--threads", "3", "--out", "three/a.h5")
    whole = kept("runs")
    assert [name.split(".")[1][:7] for name in whole] == ["at-drop", "at-end-"], list(whole)
    for files in range(2):  # whole ones, when the system calls of the next one end in its midst
        os.environ["TAILBIT_TEST_ABORT_AFTER"] = "18"
        killed = pages.run(TAILBIT, "train", *recipe, "--out", "killed/a.h5")
        del os.environ["TAILBIT_TEST_ABORT_AFTER"]
        assert killed.returncode == -9 and kept("killed") == dict(list(whole.items())[:files]), killed
    tailbit("train", *recipe, "--out", "killed/a.h5")
    for folder in ("three", "killed"):
        tailbit("compare", "runs/a.h5", f"{folder}/a.h5")
        assert kept(folder) == whole, folder


def shown(*options):
    """The figures of the one run of a folder, as fractions, by name."""
    cells = json.loads(tailbit("table", "one", "--metric", "many,medium,few", "--format", "json", *options).stdout)["cells"]
    return {figure["figure"]: figure["mean"] / 100 for figure in cells[0]["figures"]}


def check_groups():
    """Bounds of many and few make the groups anew, and stand in their names; those of the run file are the default."""
    os.mkdir("one")
    os.link("runs/a.h5", "one/a.h5")
    with h5py.File("one/a.h5") as f:
        counts, errors = f["split/class_counts"][:], f["epochs/test_class_error"][-1]
        kept = {name: f[f"final/{name}_error"][0] for name in ("many", "medium", "few")}
    default, other = shown(), shown("--many-over", "50", "--few-under", "2")
    assert all(np.isclose(default[name], kept[name], rtol=0, atol=1e-15) for name in kept) and len(default) == 3, (default, kept)
    groups = {"many-over-50": counts > 50, "medium-2-to-50": (counts >= 2) & (counts <= 50), "few-under-2": counts < 2}
    assert other.keys() == groups.keys() and all(group.any() for group in groups.values()), other
    assert all(np.isclose(other[name], np.mean(errors[group], dtype=float), atol=1e-12) for name, group in groups.items()), other
    tailbit("report", "one", "--many-over", "50")
    with open("one/report.html", encoding="utf-8") as file:
        page = file.read()
    assert all(words in page for words in ("classes with over 50 examples", "medium: 20 to 50", "many-over-50")), page
    for words, said in (
        (["table", "one", "--metric", "few", "--few-under", "200"], "--few-under 200 and --many-over 100 (the default) leave no class medium"),
        (["table", "one", "--many-over", "50"], "--many-over has no effect with --metric top1"),
        (["table", "one", "--metric", "few", "--many-over", "50"], "expected many or medium there"),
        (["table", "one", "--metric", "many", "--few-under", "5"], "expected few or medium there"),
        (["data", "list", "--many-over", "50"], "have no effect with data list"),
        (["data", "verify", "cifar10", "--many-over", "50"], "have no effect with data verify cifar10"),
    ):
        refused = tailbit(*words, code=2)
        assert said in refused.stderr and refused.stderr.count("\n") == 1, refused


def check_figures():
    """Each class is a row, the largest first; the errors are those of the run."""
    with h5py.File("one/a.h5") as f:
        errors, counts = f["final/class_error"][:], f["split/class_counts"][:]
    for name in ("classes", "margins", "epochs"):
        done = tailbit("figure", name, "one", "--out", "figures")
        assert done.stderr == "", done
        with open(f"figures/{name}.svg", encoding="utf-8") as drawing:
            assert drawing.read().rstrip().endswith("</svg>")
    with open("figures/classes.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    order = [int(row["class"]) for row in rows]
    assert sorted(order) == list(range(K)) and np.all(np.diff(counts[order]) <= 0)
    shown = np.array([float(row["test_error_percent"]) for row in rows])
    assert np.allclose(shown, 100 * errors[order], atol=1e-4)
    tailbit("figure", "methods", "one", "--out", "figures")
    with open("figures/methods.svg", encoding="utf-8") as drawing:
        assert "mean of classes" not in drawing.read()  # the test set is balanced


def check_readers():
    tailbit("train", *RECIPE, "--seed", "1", "--out", "runs/seed1.h5")
    table = tailbit("table", "runs", "--metric", "top1,top5,balanced,many,medium,few,worst-class,calibration,validation").stdout
    assert "top5" in table and "few" in table, table
    check_groups()
    if shutil.which("gnuplot"):
        check_figures()
    tailbit("info", "runs/a.h5")
    assert tailbit("status", "runs").stdout.splitlines()[-1] == "2 jobs: 2 done", "files of features are no runs"
    tailbit("compare", "runs/a.h5", "runs/seed1.h5", code=1)
    tailbit("report", "runs")
    with open("runs/report.html", encoding="utf-8") as file:
        assert "Confusion matrix" in file.read()
    tailbit("export", "runs/a.h5", "--csv")
    with open("runs/a-csv/class_margins.csv", encoding="utf-8") as file:
        assert next(file) == "epoch,class,class_min\n"  # classes have no quantiles of their own
    with open("runs/a-csv/predictions.csv", encoding="utf-8") as file:
        assert file.readline().startswith("example,label,predicted,rank,own_logit,top_label_0,")
    with open("runs/a-csv/confusion.csv", encoding="utf-8") as file:
        assert file.readline() == "label,predicted,examples\n"
    tailbit("export", "runs/a.h5", "--csv")
    tailbit("export", "runs/a.h5", "--npz")
    tailbit("export", "runs/a.h5", "--onnx")
    with h5py.File("runs/seed1.h5") as f:
        assert "features" not in f
    refused = tailbit("probe", "runs/seed1.h5", "--features", "at-end", code=3)
    assert "more than 1000 classes" in refused.stderr and "--keep-features" in refused.stderr and refused.stderr.count("\n") == 1, refused


def check_features():
    """The run file has the digests of the two files, and they have what /features has in a run of few classes."""
    drop, end = (os.path.join("runs", name) for name in kept("runs"))
    with h5py.File("runs/a.h5") as f, h5py.File(drop) as at_drop, h5py.File(end) as at_end:
        for at, file in (("drop", at_drop), ("end", at_end)):
            assert f[f"features/at_{at}/digest"].asstr()[0] == file.attrs["digest"] and file.attrs["digest"][:12] in file.filename
        features, labels = at_end["features/at_end/test"][:], at_end["features/test_label"][:]
        assert features.shape == (K * TESTED, 64) and np.array_equal(labels, f["final/label"])
        assert at_end["features/at_end/train"].shape == (len(f["split/train_index"]), 64) and at_end["features/at_end"].attrs["epoch"] == 2
        assert np.array_equal(at_end["features/train_label"][:], f["margins/label"])
        assert at_drop["features/at_drop"].attrs["epoch"] == 1 and "at_end" not in at_drop["features"]
    check_probe("runs/a.h5", [drop, end])


def check_probe(run, files):
    probe = ["probe", run, "--features", "at-end", "--regularisation", "1e-4", "--out", "a.probe.h5"]
    tailbit(*probe)
    with h5py.File("a.probe.h5") as p, h5py.File(run) as f, h5py.File(files[1]) as end:
        no_larger_arrays(p)
        error = dict(zip(p["classifiers/name"].asstr()[:], p["classifiers/error"][:]))
        tested, labels, at_end = p["split/test_index"][:], p["split/test_label"][:], end["features/at_end/test"][:].astype(float)
        own = f["final/top_label"][:, 0][tested]
        assert error["own"] == np.mean(own != labels) and "confusion" not in p["classifiers"]
        fitted, fit_labels = at_end[p["split/fit_index"][:]], p["split/fit_label"][:]
        means = np.array([fitted[fit_labels == k].mean(0) for k in range(K)])
        nearest = np.array([np.argmin(((x - means) ** 2).sum(1)) for x in at_end[tested]])
        assert error["nearest-mean"] == np.mean(nearest != labels)
        assert len(set(p["tau/test_error"][:])) == 1 and error["tau-normalised"] == error["own"]  # the vectors of a cosine head have one norm
    tailbit("export", run, "--npz", "--out", "a.npz")
    archive = np.load("a.npz")
    assert np.array_equal(archive["features/at_end/test"], at_end) and "features/at_drop/train" in archive
    os.rename(files[1], "elsewhere.h5")
    missing = f"{files[1]}, which is missing; put it beside the run file"
    refused = tailbit(*probe, code=3)
    assert missing in refused.stderr and refused.stderr.count("\n") == 1, refused
    assert missing in tailbit("info", run).stdout and missing in tailbit("export", run, "--npz", "--out", "a.npz").stdout
    assert "features/at_end/test" not in np.load("a.npz")
    shutil.copy(files[0], files[1])
    refused = tailbit(*probe, code=3)
    assert "its digest is" in refused.stderr and refused.stderr.count("\n") == 1, refused


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir("runs")
        make_data()
        check_bits()
        check_numbers("runs/a.h5")
        check_dense("runs/a.h5")
        check_readers()
        check_features()
        os.chdir("/")


main()
