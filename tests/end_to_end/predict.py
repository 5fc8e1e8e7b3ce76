#!/usr/bin/env python3
"""`tailbit evaluate` and `tailbit predict`: on a run's own test set the numbers, logits and features of its run file, bit by bit, for
any number of threads; on new data what the exported network says, with the run's normalisation, crop and words; what does not
fit is refused in one line, and the CSV is there whole or not at all. Arguments: tailbit, the program print_texts."""
import csv
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

import pages

import h5py
import numpy as np
import onnx_numpy

TAILBIT, PRINT_TEXTS = map(os.path.abspath, sys.argv[1:])
IMAGES = ("--model", "resnet8", "--batch", "16", "--epochs", "2", "--warmup", "0")
NAMES = ["left", "right", "\u00fcber, all"]
SUMMARY = {"top1": "error", "top5": "top5_error", "balanced": "balanced_error", "many": "many_error", "medium": "medium_error", "few": "few_error",
           "worst-class": "worst_class_error", "geometric-mean": "geometric_mean_recall", "calibration": "calibration_error"}  # fmt: skip
TEXT = ("--epochs", "1", "--batch", "16", "--embedding", "8", "--hidden", "16")
MANY = 1003
RUNTIME = """import numpy, onnxruntime
session = onnxruntime.InferenceSession("m.onnx", providers=["CPUExecutionProvider"])
numpy.save("out.npy", session.run(["logits"], dict(numpy.load("in.npz")))[0])"""


def tailbit(*words, code=0, said="", folder=None):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == code and said in done.stderr and done.stderr.count("\n") == (code > 0), (words, done)
    return done.stdout


def train(out, *words):
    tailbit("train", *words, "--out", out)


def read(path):
    """Name -> column, of numbers but for texts."""
    with open(path, encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    columns = dict(zip(head, zip(*rows, strict=True), strict=True))
    return {name: np.array(texts) if name in ("file", "label_name", "predicted_name") else np.array(texts, float) for name, texts in columns.items()}


def wide(columns, name):
    """The columns NAME_0, NAME_1, ... as one array of floats."""
    count = sum(key.startswith(f"{name}_") and key[len(name) + 1 :].isdigit() for key in columns)
    return np.stack([columns[f"{name}_{i}"] for i in range(count)], 1).astype(np.float32)


def predict(path, *words):
    tailbit("predict", path, *words, "--out", "p.csv")
    return read("p.csv")


def figures(path, *words):
    lines = tailbit("evaluate", path, *words, "--format", "csv").splitlines()
    assert lines[0] == "figure,class,percent"
    return {line.split(",")[0]: float(line.split(",")[-1]) for line in lines[1:]}


def same(a, b):
    return np.array_equal(a, b, equal_nan=True)


def check_own(path, features=True, named=True):
    """Everything that the run file has of its test set, to the last bit, for 1 and 3 threads."""
    found, texts = figures(path, "--threads", "3"), set()
    for threads in (1, 3):
        columns = predict(path, "--threads", str(threads), "--with-features")
        texts.add(bytes_of("p.csv"))
    assert len(texts) == 1
    with h5py.File(path) as f:
        final = f["final"]
        K = len(f["split/class_counts"])
        for name, key in SUMMARY.items():
            value = 100 * final[key][0] if name != "top5" or K > 5 else np.nan
            assert same(found[name], value), (path, name, found[name], value)
        assert all(found[f"class-error-{k}"] == 100 * f["epochs/test_class_error"][-1, k] for k in range(K))
        assert same(columns["label"], final["label"][:]) and ("label_name" in columns) == ("predicted_name" in columns) == named
        if K <= 1000:
            assert same(wide(columns, "logit"), final["logits"][:]) and same(columns["predicted"], final["logits"][:].argmax(1))
        else:
            assert same(wide(columns, "top_label"), final["top_label"][:]) and same(wide(columns, "top_logit"), final["top_logit"][:])
            assert same(columns["predicted"], final["top_label"][:, 0]) and "logit_0" not in columns
        if features:
            assert same(wide(columns, "feature"), f["features/at_end/test"][:])
    return columns


def softmax(logits, scale):
    logits = logits.astype(float)
    z = np.exp(scale * (logits - logits.max(1, keepdims=True)))
    return z / z.sum(1, keepdims=True)


def run_in_runtime(inputs):
    """In a process of its own, since Debian's is noisy."""
    np.savez("in.npz", **inputs)
    subprocess.run([sys.executable, "-c", RUNTIME], capture_output=True, check=True)
    return np.load("out.npy")


def check_new(path, columns, inputs):
    """The exported network, in NumPy and where it is installed in ONNX Runtime, on the same new inputs."""
    tailbit("export", path, "--onnx", "--out", "m.onnx")
    model = onnx_numpy.Model("m.onnx")
    logits = wide(columns, "logit")
    runners = {"NumPy": lambda: model.run(inputs)["logits"]}
    if importlib.util.find_spec("onnxruntime") is not None:
        runners["ONNX Runtime"] = lambda: run_in_runtime(inputs)
    for name, runner in runners.items():
        wanted = runner()
        off = abs(wanted - logits).max()
        assert logits.shape == wanted.shape and off < 1e-5, (name, off)
        print(f"{path}: {len(logits)} new examples, logits within {off:.1e} of {name}'s")
    assert same(columns["predicted"], logits.argmax(1))
    assert np.allclose(columns["confidence"], softmax(logits, float(model.metadata["scale"])).max(1), rtol=1e-12, atol=0)


def check_drawn():
    """With a hold-out and a cosine head; and on more examples of the same kind, of which the first are the run's own."""
    train("a.h5", "--data", "shapes:12:4", "--rho", "4", *IMAGES, "--method", "LDAM-DRW", "--switch", "1", "--validation-frac", "0.25")
    columns = check_own("a.h5")
    more = predict("a.h5", "--data", "shapes:12:9")
    assert len(more["label"]) == 90 and more["label_name"][1] == "square"
    first = [i for i in range(90) if i // 10 < 4]  # examples lie class after class in turn
    assert same(wide(more, "logit")[first], wide(columns, "logit"))
    tailbit("evaluate", "a.h5", "--data", "shapes:3:3:48", code=3, said="holds images of 48 x 48 pixels, expected 32 x 32")
    tailbit("evaluate", "a.h5", "--data", "reviews", code=3, said="reviews: holds text, expected images")


def own_images(rng, count, shift=0):
    labels = np.arange(count) % 3
    means = np.array([[200, 90, 60], [60, 120, 160], [90, 200, 120]])[labels][:, :, None, None]
    return np.clip(rng.normal(means + shift, 50, (count, 3, 12, 16)), 0, 255).astype(np.uint8), labels


def write(path, **datasets):
    with h5py.File(path, "w") as f:
        for name, value in datasets.items():
            f[name] = value


def check_file():
    """A file of one's own, looked for where it lay; a new file with another brightness, and without labels and training images."""
    rng = np.random.default_rng(5)
    images, labels = own_images(rng, 60)
    test_images, test_labels = own_images(rng, 14)
    write("own.h5", images=images, labels=labels, test_images=test_images, test_labels=test_labels, class_names=NAMES)
    train("b.h5", "--data", "own.h5", "--imbalance", "none", *IMAGES, "--method", "ERM")
    own = check_own("b.h5")
    assert own["label_name"][2] == NAMES[2]
    os.mkdir("elsewhere")
    assert tailbit("evaluate", "../b.h5", folder="elsewhere").startswith("../b.h5 on own.h5: 14 test examples of 3 classes, the run's own test set\n")
    new, new_labels = own_images(rng, 9, shift=30)
    write("new.h5", test_images=new)
    columns = predict("b.h5", "--data", "new.h5")
    assert list(columns) == ["example", "predicted", "predicted_name", "confidence", "logit_0", "logit_1", "logit_2"]
    check_new("b.h5", columns, {"images": new.astype(np.float32)})
    tailbit("evaluate", "b.h5", "--data", "new.h5", code=3, said="new.h5: has no test_labels")
    some = new_labels != 1
    write("some.h5", test_images=new[some], test_labels=new_labels[some], class_names=NAMES)
    found, kept = figures("b.h5", "--data", "some.h5"), predict("b.h5", "--data", "some.h5")
    assert same(wide(kept, "logit"), wide(columns, "logit")[some]) and np.isnan(found["class-error-1"])
    errors = [100 * np.mean(kept["predicted"][kept["label"] == k] != k) for k in (0, 2)]
    assert np.isclose(found["balanced"], np.mean(errors)) and np.isclose(found["top1"], 100 * np.mean(kept["predicted"] != kept["label"]))
    said = tailbit("evaluate", "b.h5", "--data", "some.h5")
    assert f"\n    1  {20:17}  {0:13}       -  right\n" in said and "\nconfusion, a row for each true class" in said
    check_unfit(new, new_labels)


def check_unfit(new, labels):
    for datasets, said in (
        ({"test_images": new[:, :, 1:]}, "holds images of 11 x 16 pixels, expected 12 x 16"),
        ({"test_images": new[:, 0]}, "holds gray images, expected coloured ones"),
        ({"test_images": new[:0]}, "N at least 1"),
        ({"images": new}, "no dataset test_images"),
        ({"test_images": new, "test_labels": labels + 1}, "test_labels[2] is 3, expected 0..2"),
        ({"test_images": new, "test_labels": labels[1:]}, "test_labels has 8 labels, expected 9"),
        ({"test_images": new, "class_names": NAMES[:2]}, "expected text (3)"),
        ({"test_images": new, "class_names": NAMES[::-1]}, f"class 0 is {NAMES[2]}, expected left"),
    ):
        write("unfit.h5", **datasets)
        tailbit("predict", "b.h5", "--data", "unfit.h5", "--out", "unfit.csv", code=3, said=said)
    tailbit("evaluate", "b.h5", "--data", "shapes:2:2", code=3, said="shapes:2:2: has 10 classes, expected 3")
    tailbit("evaluate", "b.h5", "--data", "none.h5", code=3, said="none.h5: missing")
    shutil.copy("own.h5", "kept.h5")
    with h5py.File("own.h5", "a") as f:
        f["images"][0, 0, 0, 0] ^= 1
    tailbit("evaluate", "b.h5", code=3, said="was trained on data of SHA-256")
    os.replace("kept.h5", "own.h5")
    assert not os.path.exists("unfit.csv")


def tokens_of(data):
    done = subprocess.run([PRINT_TEXTS, data, "test"], capture_output=True, text=True, check=True)
    texts = [[int(number) for number in line.split()] for line in done.stdout.splitlines()]
    tokens = np.zeros((len(texts), max(map(len, texts)) + 1), np.int64)
    for row, text in zip(tokens, texts):
        row[: len(text)] = text
    return tokens


def check_text():
    """The new set has two training reviews, so that its own vocabulary would be another and tiny one."""
    train("t.h5", "--data", "reviews:40:6", *TEXT, "--method", "RS")
    own = check_own("t.h5")
    new = predict("t.h5", "--data", "reviews:1:15")
    assert same(wide(new, "logit")[:12], wide(own, "logit")) and list(new["label_name"][:2]) == ["neg", "pos"]
    check_new("t.h5", new, {"tokens": tokens_of("reviews:40:15")})
    assert len(np.unique(tokens_of("reviews:1:15"))) < len(np.unique(tokens_of("reviews:40:15"))) / 2
    tailbit("evaluate", "t.h5", "--data", "own.h5", code=3, said="own.h5: from a file only images are read, expected text")
    tailbit("evaluate", "t.h5", "--data", "none.h5", code=3, said="none.h5: missing, expected an HDF5 file")
    tailbit("evaluate", "t.h5", "--data", "./elsewhere", code=3, said="./elsewhere: is a folder, expected an HDF5 file")
    tailbit("evaluate", "t.h5", "--data", "shapes:2:2", code=3, said="shapes:2:2: holds images, expected text")


def check_many():
    """More than 1,000 classes, gray: the ten largest logits."""
    rng = np.random.default_rng(8)
    parts = {}
    for prefix in ("", "test_"):
        parts[f"{prefix}images"] = rng.integers(0, 256, (MANY, 8, 8), np.uint8)
        parts[f"{prefix}labels"] = np.arange(MANY)
    write("many.h5", **parts)
    train("m.h5", "--data", "many.h5", "--imbalance", "none", "--model", "resnet8", "--batch", "128", "--epochs", "1", "--method", "ERM")
    check_own("m.h5", features=False, named=False)
    assert "confusion" not in tailbit("evaluate", "m.h5")
    write("coloured.h5", test_images=rng.integers(0, 256, (2, 3, 8, 8), np.uint8))
    tailbit("predict", "m.h5", "--data", "coloured.h5", "--out", "c.csv", code=3, said="holds coloured images, expected gray ones")


def planes(images):
    """Three equal planes."""
    return np.stack([images] * 3, 1)


def check_planes():
    """Gray images in one plane or in three equal ones, and coloured ones whose channels have equal statistics: no kind is guessed."""
    rng = np.random.default_rng(6)
    gray, gray_test = (rng.integers(0, 256, (count, 12, 16), np.uint8) for count in (8, 6))
    turned = np.stack([gray, np.roll(gray, 1, 0), np.roll(gray, 2, 0)], 1)  # each channel has the same images, in another order
    words = ("--imbalance", "none", *IMAGES, "--method", "ERM")
    for name, images, tests in (("one", gray, gray_test), ("three", planes(gray), planes(gray_test)), ("turned", turned, turned[:6])):
        write(f"{name}_plane.h5", images=images, labels=np.arange(8) % 2, test_images=tests, test_labels=np.arange(6) % 2)
        train(f"{name}.h5", "--data", f"{name}_plane.h5", *words)
        assert read_planes(f"{name}.h5") == ([1] if name == "one" else None)
    with h5py.File("turned.h5") as f:
        assert len(set(f["data/mean"])) == len(set(f["data/std"])) == 1
    own = wide(predict("one.h5"), "logit")
    for run in ("one", "three"):
        for data in ("one", "three"):
            assert same(wide(predict(f"{run}.h5", "--data", f"{data}_plane.h5"), "logit"), own)
    for run, data in (("three", "turned"), ("turned", "one"), ("turned", "three"), ("turned", "turned")):
        tailbit("evaluate", f"{run}.h5", "--data", f"{data}_plane.h5")
    tailbit("evaluate", "one.h5", "--data", "turned_plane.h5", code=3, said="holds coloured images, expected gray ones")


def read_planes(path):
    with h5py.File(path) as f:
        return f["data/planes"][:].tolist() if "data/planes" in f else None


def check_pictures():
    """Packed pictures of several sizes, which the run resizes, have their files' names; a folder with other classes does not fit."""
    try:
        from PIL import Image
    except ImportError:
        print("packed pictures were not tried: python3-pil is not installed")
        return
    rng = np.random.default_rng(9)
    for folder, classes in (("photos", ("cat", "owl")), ("birds", ("jay", "owl"))):
        for part, count in (("train", 6), ("test", 3)):
            for name in classes:
                os.makedirs(f"{folder}/{part}/{name}")
                for i in range(count):
                    size = tuple(int(side) for side in rng.integers(20, 40, 2))
                    Image.fromarray(rng.integers(0, 256, (4, 6, 3), np.uint8)).resize(size).save(f"{folder}/{part}/{name}/{i}.png")
        tailbit("data", "import", "folder", folder, "--data-dir", "sets")
    train("p.h5", "--data", "photos", "--data-dir", "sets", "--imbalance", "none", *IMAGES[:2], "--batch", "4", "--epochs", "1",
          "--image-size", "16", "--method", "ERM")  # fmt: skip
    os.environ["TAILBIT_DATA"] = "sets"
    columns = check_own("p.h5")
    assert list(columns["file"]) == [f"test/{name}/{i}.png" for name in ("cat", "owl") for i in range(3)], columns["file"]
    tailbit("evaluate", "p.h5", "--data", "birds", code=3, said="birds: class 0 is jay, expected cat as in the network")
    tailbit("evaluate", "a.h5", "--data", "photos", code=3, said="photos: has 2 classes, expected 10")


def check_refused():
    """Runs that cannot be applied, and files that cannot be written."""
    tailbit("predict", "b.h5", code=2, said="predict: --out is missing")
    tailbit("predict", "b.h5", "--out", "own.h5", code=2, said="own.h5")
    tailbit("predict", "b.h5", "--out", "/proc/p.csv", code=4, said="/proc/p.csv")
    tailbit("evaluate", "b.h5", "--format", "latex", code=2, said="expected text or csv")
    tailbit("evaluate", "own.h5", code=3, said="no tailbit run file")
    os.environ["TAILBIT_TEST_ABORT_AFTER"] = "30"
    tailbit("train", "--data", "own.h5", "--imbalance", "none", *IMAGES, "--method", "ERM", "--save-every", "1step", "--out", "s.h5", code=-9)
    del os.environ["TAILBIT_TEST_ABORT_AFTER"]
    tailbit("evaluate", "s.h5", code=3, said="s.h5: is unfinished, ")
    check_killed()


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def check_killed():
    """A kill after any of the system calls leaves the old predictions or the new ones, and the next command clears up."""
    tailbit("predict", "b.h5", "--out", "old.csv")
    tailbit("predict", "b.h5", "--data", "some.h5", "--out", "new.csv")
    old, new, seen, killed, calls = bytes_of("old.csv"), bytes_of("new.csv"), [], -9, 0
    while killed == -9:
        calls += 1
        os.environ["TAILBIT_TEST_ABORT_AFTER"] = str(calls)
        killed = pages.run(TAILBIT, "predict", "b.h5", "--data", "some.h5", "--out", "old.csv").returncode
        del os.environ["TAILBIT_TEST_ABORT_AFTER"]
        seen.append([old, new].index(bytes_of("old.csv")))
    assert killed == 0 and seen == sorted(seen) and seen[:4] == [0] * 4 and len(seen) > 8, seen
    assert not [name for name in os.listdir(".") if name.startswith("old.csv.")], os.listdir(".")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        check_drawn()
        check_file()
        check_text()
        check_many()
        check_planes()
        check_refused()
        check_pictures()
        os.chdir("/")


main()
