#!/usr/bin/env python3
"""`tailbit export`: what NumPy, CSV readers and ONNX see is what the run file holds, bit by bit; and an exported network gives
the run file's logits: in NumPy here, and in ONNX Runtime where it is installed.
Arguments: tailbit, the program print_texts. Or also RUN.h5 test_batch.bin: the network of a real CIFAR-10 run."""
import csv
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

try:
    import h5py
    import numpy as np
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)

import onnx_numpy

TAILBIT, PRINT_TEXTS = sys.argv[1:3]
ENDINGS = {"npz": ".npz", "csv": "-csv", "onnx": ".onnx"}
SHAPES = "disc,square,triangle,cross,half,elbow,dash,dented disc,dented square,dented triangle".split(",")
TABLES = ("classes", "epochs", "class_margins", "margins", "predictions", "confusion")
CHECK = """import sys, onnx
onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)"""
RUN = """import sys, numpy as np, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
inputs, names = dict(np.load(sys.argv[2])), [o.name for o in session.get_outputs()]
count = len(next(iter(inputs.values())))
parts = [session.run(names, {k: v[i : i + 500] for k, v in inputs.items()}) for i in range(0, count, 500)]
np.savez(sys.argv[3], **{name: np.concatenate(part) for name, part in zip(names, zip(*parts))})"""


def run(*words, code=0):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, (words, done)
    return done


def train(out, data, method, *more, model="resnet8"):
    run("train", "--data", data, "--rho", "4", "--model", model, "--epochs", "2", "--batch", "16", "--method", method,
        "--out", out, *more)  # fmt: skip


def export(path, kind):
    out = path.removesuffix(".h5") + ENDINGS[kind]
    said = run("export", path, f"--{kind}").stdout
    assert said.startswith(f"{out}: "), said
    return out


def content(path):
    """Name -> array of what an archive of the run file has to hold."""
    found = {}
    with h5py.File(path, "r") as f:

        def visit(name, item):
            if name.split("/")[0] in ("env", "timing"):
                return
            if isinstance(item, h5py.Dataset):
                found[name] = item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()]
            else:
                found.update({f"{name}/{key}": value for key, value in item.attrs.items()})

        f.visititems(visit)
        found.update({key: f.attrs[key] for key in ("format", "schema", "digest")})
    return found


def check_npz(path):
    wanted = content(path)
    with np.load(export(path, "npz")) as z:
        assert sorted(z.files) == sorted(wanted), set(z.files) ^ set(wanted)
        for name, value in wanted.items():
            if np.asarray(value).dtype.kind in "OU":
                assert z[name].dtype.kind == "U" and np.array_equal(z[name], np.asarray(value).astype(str)), name
            else:
                value = np.asarray(value)
                same = z[name].dtype == value.dtype and z[name].shape == value.shape
                assert same and z[name].tobytes() == value.tobytes(), (name, z[name], value)


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert all(len(row) == len(head) for row in rows), path
    return {name: [row[i] for row in rows] for i, name in enumerate(head)}


def same(texts, values):
    """The texts read back as the very numbers, and none is longer than Python's shortest."""
    if values.dtype.kind == "O":
        return texts == list(values)
    read = np.array([float(text) for text in texts]).astype(values.dtype)
    short = all(len(text) <= len(repr(value)) for text, value in zip(texts, values.tolist(), strict=True))
    return short and np.array_equal(read, values, equal_nan=values.dtype.kind == "f")


def check_csv(path):
    folder = export(path, "csv")
    assert sorted(os.listdir(folder)) == sorted(["config.yaml", *(f"{name}.csv" for name in TABLES)])
    tables = {name: read_csv(f"{folder}/{name}.csv") for name in TABLES}
    with h5py.File(path, "r") as f:
        K, margins = len(f["split/class_counts"]), f["margins"]
        wanted = {
            "classes": {"class": np.arange(K), "class_count": f["split/class_counts"][:], "class_error": f["final/class_error"][:],
                        "final_class_min": margins["final_class_min"][:]},
            "epochs": {name: item[:] for name, item in f["epochs"].items() if item.ndim == 1 and name != "tensor_name"},
            "class_margins": {"epoch": np.repeat(np.arange(2), K), "class": np.tile(np.arange(K), 2), "class_min": margins["class_min"][:].ravel()},
            "margins": {"train_index": f["split/train_index"][:], "label": margins["label"][:], "margin": margins["margin"][:]},
            "predictions": {"example": np.arange(len(f["final/label"])), "label": f["final/label"][:], "predicted": f["final/logits"][:].argmax(1)},
            "confusion": {"label": np.arange(K)},
        }  # fmt: skip
        if "target" in margins:
            wanted["classes"]["target"] = margins["target"][:]
        drawn = f["data"].attrs["name"].startswith("shapes")  # whose file has no names
        if drawn or "class_name" in f["split"]:
            names = np.array(SHAPES if drawn else f["split/class_name"].asstr()[:], object)
            wanted["classes"]["class_name"] = wanted["confusion"]["class_name"] = names
        for k in range(K):
            wanted["epochs"] |= {f"{name}_{k}": f["epochs"][name][:, k] for name in f["epochs"] if name.endswith("class_error")}
            wanted["predictions"][f"logit_{k}"] = f["final/logits"][:, k]
            wanted["confusion"][f"predicted_{k}"] = f["final/confusion"][:, k]
        for q, level in enumerate(margins["quantile_level"][:]):
            wanted["class_margins"][f"quantile_{level}"] = margins["class_quantile"][:, :, q].ravel()
        with open(f"{folder}/config.yaml", encoding="utf-8") as config:
            assert config.read().removeprefix("# configuration of a run, exported by tailbit\n") == f["config/yaml"].asstr()[()].removesuffix("\n") + "\n"
    for table, columns in wanted.items():
        assert sorted(tables[table]) == sorted(columns), (table, set(tables[table]) ^ set(columns))
        for name, values in columns.items():
            assert same(tables[table][name], values), (table, name)


def python(text, *words):
    """In a process of its own, since onnx and onnxruntime do not bear each other, and quietly, since Debian's are noisy."""
    done = subprocess.run([sys.executable, "-c", text, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def have(module):
    return importlib.util.find_spec(module) is not None


def run_in_numpy(path, inputs):
    return onnx_numpy.Model(path).run(inputs)


def run_in_runtime(path, inputs):
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/in.npz", **inputs)
        python(RUN, path, f"{folder}/in.npz", f"{folder}/out.npz")
        return dict(np.load(f"{folder}/out.npz"))


def check_network(path, inputs, runners):
    model = export(path, "onnx")
    if have("onnx"):
        python(CHECK, model)
    described = onnx_numpy.Model(model)
    assert (described.ir, described.opset) == (7, 13)
    with h5py.File(path, "r") as f:
        logits, features = f["final/logits"][:], f["features/at_end/test"][:]
    for name, runner in runners.items():
        result = runner(model, inputs)
        off = abs(result["logits"] - logits).max(), abs(result["features"] - features).max() / abs(features).max()
        assert result["logits"].shape == logits.shape and max(off) < 1e-4, (name, off)
        assert np.array_equal(result["logits"].argmax(1), logits.argmax(1)), name
        print(f"{name}: {len(logits)} predictions the same, logits within {off[0]:.1e}, features within {off[1]:.1e}")


def check_description(path):
    """What a model says of itself."""
    model = onnx_numpy.Model(path.replace(".h5", ".onnx"))
    with h5py.File(path, "r") as f:
        K = len(f["split/class_counts"])
        wanted = {"config": f["config/yaml"].asstr()[()], "data_sha256": f["data"].attrs["sha256"], "epochs": "2",
                  "run_digest": f.attrs["digest"], "scale": f"{f['config'].attrs.get('scale', 1.0):g}"}  # fmt: skip
        weights = {name: item[:] for name, item in f["state"].items() if not name.endswith(".momentum")}
    assert model.metadata == wanted, model.metadata
    assert model.inputs == [("images", 1, ["N", 3, 32, 32])]
    assert model.outputs == [("logits", 1, ["N", K]), ("features", 1, ["N", 64])]
    assert len(weights) >= 36 and all(np.array_equal(model.tensors[name], value) for name, value in weights.items())


def check_text(folder, runners):
    """A biLSTM, on texts of many lengths."""
    path, data = f"{folder}/text.h5", "reviews:30:12"
    run("train", "--data", data, "--method", "LDAM-DRW", "--hidden", "16", "--embedding", "6", "--epochs", "2", "--out", path)
    lines = subprocess.run([PRINT_TEXTS, data, "test"], capture_output=True, text=True, check=True).stdout.splitlines()
    texts = [[int(number) for number in line.split()] for line in lines]
    assert len({len(text) for text in texts}) > 5
    tokens = np.zeros((len(texts), max(map(len, texts)) + 1), np.int64)
    for row, text in zip(tokens, texts):
        row[: len(text)] = text
    check_npz(path)
    check_csv(path)
    check_network(path, {"tokens": tokens}, runners)
    model = onnx_numpy.Model(f"{folder}/text.onnx")
    words = model.metadata.pop("words").split("\n")
    assert len(words) == len(model.tensors["embedding.weight"]) and words[:2] == ["", ""] and "film" in words[2:], words
    assert model.inputs == [("tokens", 7, ["N", "T"])] and model.outputs == [("logits", 1, ["N", 2]), ("features", 1, ["N", 32])]


def draw_data(path):
    """Three kinds of noise: what a network can learn in two epochs."""
    rng = np.random.default_rng(2385)
    with h5py.File(path, "w") as f:
        for prefix, count in (("", 90), ("test_", 23)):
            labels = np.arange(count) % 3
            means = np.array([[200, 90, 60], [60, 120, 160], [90, 200, 120]])[labels][:, :, None, None]
            f[f"{prefix}images"] = np.clip(rng.normal(means, 60, (count, 3, 32, 32)), 0, 255).astype(np.uint8)
            f[f"{prefix}labels"] = labels
        return {"images": f["test_images"][:].astype(np.float32)}


def draw_gray(path, train_count, test_count):
    """Gray images of another size, and the test images as a model takes them: their plane three times."""
    rng = np.random.default_rng(23)
    with h5py.File(path, "w") as f:
        for prefix, count in (("", train_count), ("test_", test_count)):
            labels = np.arange(count) % 3
            f[f"{prefix}images"] = np.clip(rng.normal(60 + 60 * labels[:, None, None], 50, (count, 13, 9)), 0, 255).astype(np.uint8)
            f[f"{prefix}labels"] = labels
        return {"images": np.repeat(f["test_images"][:].astype(np.float32)[:, None], 3, 1)}


def check_gray(folder, runners):
    path, data = f"{folder}/gray-run.h5", f"{folder}/gray.h5"
    inputs = draw_gray(data, 90, 23)
    train(path, data, "ERM", "--eval-every", "2")
    check_network(path, inputs, runners)
    assert onnx_numpy.Model(path.replace(".h5", ".onnx")).inputs == [("images", 1, ["N", 3, 13, 9])]


def check_projections(folder, runners):
    """Networks with what the CIFAR networks lack: projections, the max-pool, bottlenecks; where one of these has its stride no
    weight shows."""
    data = f"{folder}/few.h5"
    inputs = draw_gray(data, 18, 5)
    for model, *words in (("resnet50", "--stem", "7x7", "--bottleneck", "v1"), ("resnet18", "--stem", "3x3")):
        path = f"{folder}/{model}-{words[1]}.h5"
        train(path, data, "ERM", *words, "--lr", "0.001", "--eval-every", "2", model=model)
        check_network(path, inputs, runners)


def bytes_of(path):
    """Of a file, or of a folder's files."""
    if os.path.isdir(path):
        return {name: bytes_of(f"{path}/{name}") for name in sorted(os.listdir(path))}
    with open(path, "rb") as file:
        return file.read()


def check_same_bytes(path, data):
    """The same run on other threads, at another place, and exported again."""
    again = path.replace(".h5", "-again.h5")
    train(again, data, "ERM", "--eval-every", "2", "--threads", "2")
    for kind in ("npz", "csv", "onnx"):
        first = bytes_of(export(path, kind))
        assert first and first == bytes_of(export(again, kind)) and first == bytes_of(export(path, kind)), kind


def check_unfinished(folder, data):
    """Of a run that was stopped: what there is, over an older export."""
    path = f"{folder}/stopped.h5"
    words = [TAILBIT, "train", "--data", data, "--rho", "4", "--model", "resnet8", "--epochs", "5000", "--batch", "16", "--method", "ERM", "--out", path]  # fmt: skip
    training = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not os.path.exists(path):
        time.sleep(0.05)
        assert training.poll() is None
    training.send_signal(signal.SIGTERM)
    assert training.wait() == 75
    shutil.copytree(f"{folder}/ERM-csv", f"{folder}/stopped-csv")
    with open(f"{folder}/stopped-csv/mine.csv", "w", encoding="utf-8"):
        pass
    check_npz(path)
    assert "of 5000 epochs" in run("export", path, "--csv").stdout and "unfinished" in run("export", path, "--onnx").stdout
    assert sorted(os.listdir(f"{folder}/stopped-csv")) == ["class_margins.csv", "classes.csv", "config.yaml", "epochs.csv", "mine.csv"]
    assert len(onnx_numpy.Model(f"{folder}/stopped.onnx").nodes) > 20


def check_config(folder):
    """An exported configuration trains the same bits again, with a crop that is not the usual one of its images, too."""
    first, again = f"{folder}/pad4.h5", f"{folder}/pad4-again.h5"
    train(first, "shapes:4:2:64", "ERM", "--crop", "pad4")
    run("train", "--config", f"{export(first, 'csv')}/config.yaml", "--out", again)
    run("compare", first, again)


def check_errors(folder, data):
    path = f"{folder}/ERM.h5"
    shutil.copy(path, f"{folder}/cut.h5")
    with open(f"{folder}/cut.h5", "r+b") as file:
        file.truncate(50000)
    shutil.copy(path, f"{folder}/changed.h5")
    with h5py.File(f"{folder}/changed.h5", "a") as f:
        f["epochs/lr"][0] += 1
    for words, code, said in (
        ([path], 2, "got no format, expected one of --npz, --csv and --onnx"),
        ([path, "--npz", "--onnx"], 2, "more than one format"),
        (["--npz"], 2, "got 0 arguments"),
        ([path, "--npy"], 2, "did you mean --npz?"),
        ([path, "--npz", "--out", path], 2, "is no tailbit .npz file"),
        ([path, "--npz", "--out", folder], 2, "not a regular file"),
        ([path, "--csv", "--out", data], 2, data),
        ([path, "--onnx", "--out", f"{data}/x.onnx"], 2, data),
        ([path, "--npz", "--out", "/proc/x.npz"], 4, "/proc/x.npz"),
        ([f"{folder}/none.h5", "--npz"], 3, "none.h5"),
        ([data, "--csv"], 3, "no tailbit run file"),
        ([f"{folder}/cut.h5", "--npz"], 3, "cut.h5"),
        ([f"{folder}/changed.h5", "--onnx"], 3, "was changed after tailbit wrote it"),
    ):
        before = sorted(os.listdir(folder))
        done = run("export", *words, code=code)
        assert said in done.stderr and done.stderr.count("\n") == 1 and not done.stdout, (words, done)
        assert sorted(os.listdir(folder)) == before, words


def check_small_runs():
    runners = {"NumPy": run_in_numpy}
    if have("onnxruntime"):
        runners["ONNX Runtime"] = run_in_runtime
    else:
        print("not run in ONNX Runtime: python3-onnxruntime is not installed")
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/nois\u00e9-\u20ac-\U0001f600.h5"  # its name is in the run file
        inputs = draw_data(data)
        train(f"{folder}/ERM.h5", data, "ERM", "--eval-every", "2")
        train(f"{folder}/LDAM-DRW.h5", data, "LDAM-DRW", "--validation-frac", "0.2", "--switch", "1")
        for method in ("ERM", "LDAM-DRW"):
            path = f"{folder}/{method}.h5"
            check_npz(path)
            check_csv(path)
            check_network(path, inputs, runners)
            check_description(path)
        check_gray(folder, runners)
        check_projections(folder, runners)
        check_text(folder, runners)
        check_same_bytes(f"{folder}/ERM.h5", data)
        check_unfinished(folder, data)
        check_config(folder)
        check_errors(folder, data)


def check_real_run(path, batch):
    images = np.fromfile(batch, np.uint8).reshape(-1, 3073)[:, 1:].reshape(-1, 3, 32, 32)
    check_network(path, {"images": images.astype(np.float32)}, {"ONNX Runtime": run_in_runtime})


if len(sys.argv) > 3:
    check_real_run(*sys.argv[3:])
else:
    check_small_runs()
