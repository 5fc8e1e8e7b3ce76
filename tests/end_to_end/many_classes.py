#!/usr/bin/env python3
"""A run with more than 1,000 classes: nothing in its file grows as K x K or N x K, what stands in the place of logits and confusion
gives the same errors as a dense calculation, and every reader takes it. Arguments: tailbit."""
import os
import sys
import tempfile

import pages

import h5py
import numpy as np

TAILBIT = os.path.abspath(sys.argv[1])
K, EACH, TESTED = 1009, 2, 1
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
        assert f["margins/group_quantile"].shape == (2, 3, 5) and "class_quantile" not in f["margins"] and "features" not in f
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


def check_bits():
    """Other threads, and a run that is stopped after each epoch, give the same bits, floats of past epochs included."""
    tailbit("train", *RECIPE, "--threads", "1", "--out", "runs/a.h5")
    tailbit("train", *RECIPE, "--threads", "3", "--out", "b.h5")
    tailbit("compare", "runs/a.h5", "b.h5")
    os.remove("b.h5")
    os.environ["TAILBIT_TEST_ABORT_AFTER"] = "15"
    killed = pages.run(TAILBIT, "train", *RECIPE, "--save-every", "never", "--out", "b.h5")
    del os.environ["TAILBIT_TEST_ABORT_AFTER"]
    assert killed.returncode == -9 and os.path.exists("b.h5"), killed
    tailbit("train", *RECIPE, "--out", "b.h5")
    tailbit("compare", "runs/a.h5", "b.h5")


def check_readers():
    tailbit("train", *RECIPE, "--seed", "1", "--out", "runs/seed1.h5")
    table = tailbit("table", "runs", "--metric", "top1,top5,balanced,many,medium,few,worst-class,calibration,validation").stdout
    assert "top5" in table and "few" in table, table
    tailbit("info", "runs/a.h5")
    tailbit("compare", "runs/a.h5", "runs/seed1.h5", code=1)
    tailbit("report", "runs")
    with open("runs/report.html", encoding="utf-8") as file:
        assert "Confusion matrix" in file.read()
    tailbit("export", "runs/a.h5", "--csv")
    with open("runs/a-csv/predictions.csv", encoding="utf-8") as file:
        assert file.readline().startswith("example,label,predicted,rank,own_logit,top_label_0,")
    with open("runs/a-csv/confusion.csv", encoding="utf-8") as file:
        assert file.readline() == "label,predicted,examples\n"
    tailbit("export", "runs/a.h5", "--csv")
    tailbit("export", "runs/a.h5", "--npz")
    tailbit("export", "runs/a.h5", "--onnx")
    refused = tailbit("probe", "runs/a.h5", "--features", "at-end", code=3)
    assert "more than 1000 classes" in refused.stderr and refused.stderr.count("\n") == 1, refused


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir("runs")
        make_data()
        check_bits()
        check_numbers("runs/a.h5")
        check_readers()
        os.chdir("/")


main()
