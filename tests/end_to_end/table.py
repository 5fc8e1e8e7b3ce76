#!/usr/bin/env python3
"""`tailbit table` and `tailbit compare` on folders, against h5py and NumPy: every figure is computed again from the logits,
the labels and the class errors in the run files. Arguments: tailbit, seal (tests/results/)."""
import csv
import io
import json
import math
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

TAILBIT, SEAL = sys.argv[1:]
METRICS = "top1,top5,balanced,many,medium,few,worst-class,geometric-mean,calibration,validation,class-error,class-margin"
CELL = "shapes:30:10/long-tailed/10"
TITLE = "epochs 4 instead of 200, learning-rate drops and switch in proportion, batch 32 instead of 128, model resnet8 instead of resnet32"


def run(*words, code=0):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, (words, done)
    return done


def train(out, method, seed, *more, epochs="4", data="shapes:30:10"):
    run("train", "--data", data, "--rho", "10", "--model", "resnet8", "--epochs", epochs, "--batch", "32", "--method", method,
        "--seed", str(seed), "--threads", "1", "--out", out, *more)  # fmt: skip


def mean_or_nan(values):
    return float(np.mean(values)) if len(values) else math.nan


def calibration(logits, labels, scale):
    z = scale * logits.astype(np.float64)
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    confidence, right = p.max(1), p.argmax(1) == labels
    bins = np.ceil(confidence * 15).astype(int)
    return sum(abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))


def figures_of(path):
    """Name -> figure after the last epoch."""
    with h5py.File(path, "r") as f:
        logits, labels = f["final/logits"][:], f["final/label"][:]
        counts, margins, classes = f["split/class_counts"][:], f["margins/margin"][:].astype(float), f["margins/label"][:]
        scale = f["config"].attrs.get("scale", 1.0)
        held_out = f["epochs/validation_class_error"][-1] if "epochs/validation_class_error" in f else np.array([np.nan])
    order = np.argsort(-logits, axis=1, kind="stable")
    wrong = order[:, 0] != labels
    error = np.array([wrong[labels == k].mean() for k in range(len(counts))])
    out = {
        "top1": wrong.mean(), "top5": 1 - (order[:, :5] == labels[:, None]).any(1).mean(), "balanced": error.mean(),
        "many": mean_or_nan(error[counts > 100]), "medium": mean_or_nan(error[(counts >= 20) & (counts <= 100)]),
        "few": mean_or_nan(error[counts < 20]), "worst-class": error.max(),
        "geometric-mean": np.prod(1 - error) ** (1 / len(error)), "calibration": calibration(logits, labels, scale),
        "validation": mean_or_nan(held_out[~np.isnan(held_out)]),
    }  # fmt: skip
    out.update({f"class-error-{k}": e for k, e in enumerate(error)})
    out = {name: 100 * value for name, value in out.items()}
    out.update({f"class-margin-{k}": margins[classes == k].min() for k in range(len(counts))})
    return out


def same(a, b):
    """Within the last bits of a double, the fields of JSON being null where a figure is not known."""
    return math.isnan(b) if a is None else math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-10)


def check_cell(cell, paths):
    known = [figures_of(path) for path in paths]
    assert [figure["figure"] for figure in cell["figures"]] == list(known[0]), cell
    for figure in cell["figures"]:
        values = np.array([k[figure["figure"]] for k in known])
        assert same(figure["mean"], values.mean()), (figure, values)
        assert same(figure["std"], values.std(ddof=1) if len(values) > 1 else math.nan), (figure, values)


def check_figures(folder):
    table = json.loads(run("table", folder, "--metric", METRICS, "--format", "json").stdout)
    cells = {(cell["data"], cell["method"]): cell for cell in table["cells"]}
    assert list(cells) == [(CELL, "ERM"), (CELL, "RW"), (CELL, "M-DRW")], cells.keys()
    for method in ("ERM", "RW", "M-DRW"):
        seeds = cells[CELL, method]["seeds"]
        assert seeds == ([0, 1, 2] if method == "ERM" else [0]) and cells[CELL, method]["n"] == len(seeds)
        check_cell(cells[CELL, method], [f"{folder}/{method}-{seed}.h5" for seed in seeds])
        assert cells[CELL, method]["note"] == TITLE, cells[CELL, method]["note"]
    assert table["not_shown"][0] == f"{CELL} ERM: 1 run with drops 1,1 instead of 3,3, epochs 2 instead of 4, warmup 0 instead of 1", table["not_shown"]
    assert table["there_twice"] == ["deep/copy.h5 has the recipe and the seed of ERM-0.h5"], table["there_twice"]
    assert table["open"] == [], table["open"]  # the data are not the paper's


def check_paper_tables(folder):
    """Folders that overlap count each run once; the difference of two methods and its interval are those of NumPy."""
    words = ["--pair", "ERM,RW", "--interval", "95", "--format", "json", "--metric", "top1,geometric-mean", "--only", "epochs=4"]
    text = run("table", f"{folder}/ERM-2.h5", folder, f"{folder}/deep", *words).stdout
    assert text == run("table", folder, f"{folder}/deep", *words).stdout
    cells = {cell["method"]: cell for cell in json.loads(text)["cells"]}
    assert cells["ERM"]["seeds"] == [0, 1, 2] and cells["RW"]["seeds"] == [0, 1], cells
    known = {name: [figures_of(f"{folder}/{name}-{seed}.h5") for seed in (0, 1)] for name in ("ERM", "RW")}
    pair = cells["ERM minus RW"]
    assert pair["seeds"] == [0, 1] and pair["paper"] is None and pair["note"] is None, pair
    for figure in pair["figures"]:
        values = [a[figure["figure"]] - b[figure["figure"]] for a, b in zip(known["ERM"], known["RW"], strict=True)]
        std = np.std(values, ddof=1)
        assert same(figure["mean"], np.mean(values)) and same(figure["std"], std), (figure, values)
        assert same(figure["half_width"], math.tan(0.95 * math.pi / 2) * std / math.sqrt(2)), (figure, values)  # t of 1 degree
    assert json.loads(text)["not_paired"] == [f"{CELL}, ERM minus RW: left out: seed 2 of ERM alone"], text
    assert json.loads(text)["interval"] == 95
    wide = run("table", folder, "--layout", "wide", "--format", "csv", "--pair", "ERM,RW", "--only", "epochs=4").stdout
    rows = {r["method"]: r for r in csv.DictReader(io.StringIO(wide))}
    assert list(rows) == ["ERM", "RW", "M-DRW", "ERM minus RW"] and rows["ERM minus RW"][f"{CELL} top1 n"] == "2", rows
    assert float(rows["ERM"][f"{CELL} top1 mean"]) == round(cells["ERM"]["figures"][0]["mean"], 6), rows
    short = json.loads(run("table", folder, "--only", "epochs=2|RW", "--pair", "RW,ERM", "--format", "json").stdout)
    assert short["not_paired"][0].startswith(f"{CELL}, RW minus ERM: RW has drops 3,3 instead of 1,1, epochs 4 instead of 2"), short


def check_best(folder):
    table = json.loads(run("table", folder, "--best", "--only", "ERM & epochs=4", "--format", "json", "--metric", "top1,class-error").stdout)
    figures = {figure["figure"]: figure["mean"] for figure in table["cells"][0]["figures"]}
    bests, classes = [], []
    for seed in range(3):
        with h5py.File(f"{folder}/ERM-{seed}.h5", "r") as f:
            error = f["epochs/test_error"][:]
            bests.append(100 * error.min())
            classes.append(100 * f["epochs/test_class_error"][int(error.argmin())])
    assert table["epoch"] == "best" and same(figures["top1"], np.mean(bests)), (figures, bests)
    for k, value in enumerate(np.mean(classes, axis=0)):
        assert same(figures[f"class-error-{k}"], value), (k, figures)


def check_tuning(folder):
    table = json.loads(run("table", folder, "--format", "json").stdout)
    errors = []
    for margin in ("0.3", "0.6"):
        with h5py.File(f"{folder}/hold-{margin}.h5", "r") as f:
            errors.append(100 * np.nanmean(f["epochs/validation_class_error"][-1]))
    least = "0.3" if errors[0] <= errors[1] else "0.6"
    assert table["tuned"] == [
        f"{CELL} M-DRW, by the mean class error on held-out training examples: max_margin 0.3: {errors[0]:.2f}, "
        f"max_margin 0.6: {errors[1]:.2f}, least with max_margin {least}"
    ], (table["tuned"], errors)


def check_paper(folder):
    """With a table of the paper its cells are there, runs on other data are marked, other methods are left out."""
    rows = list(csv.DictReader(io.StringIO(run("table", folder, "--table", "2", "--format", "csv").stdout)))
    assert len(rows) == 72 + 2 and [r["data"] for r in rows[72:]] == [CELL, CELL], rows[-3:]
    ldam = next(r for r in rows if r["data"] == "cifar10/long-tailed/100" and r["method"] == "LDAM-DRW")
    assert ldam["paper"] == "22.970000" and ldam["mean"] == ldam["difference"] == "" and ldam["n"] == "0", ldam
    assert rows[72]["paper"] == "" and rows[72]["note"].endswith(", data that the paper's table has not"), rows[72]
    table = json.loads(run("table", folder, "--table", "2", "--format", "json").stdout)
    assert table["left_out"] == ["1 run of RW, which the table has not"], table["left_out"]
    assert len(table["missing"]) == 8 and table["missing"][0].count(",") == 9, table["missing"]
    some = run("table", folder, "--table", "2", "--only", "cifar10 & rho=100 & method~LDAM", "--format", "csv").stdout
    assert len(some.splitlines()) == 1 + 2 * 3, some
    for epochs, cells in ((120, 20), (200, 0)):  # a missing cell has the recipe of the paper's table
        words = ("table", folder, "--table", "4", "--only", f"epochs={epochs}", "--format", "csv")
        assert len(run(*words, code=0 if cells else 2).stdout.splitlines()) == (cells + 1 if cells else 0)


def check_test_set(folder):
    """The error on a test set of other class counts weighs the class errors; Table 6 has a run where its test set is."""
    known, path = f"{folder}/../known", f"{folder}/ERM-0.h5"
    with h5py.File(path, "r") as f:
        error = f["final/class_error"][:]
    listed = [7, 0, 1000, 3, 3, 3, 3, 3, 3, 30]
    table = json.loads(run("table", path, "--test-counts", ",".join(map(str, listed)), "--format", "json").stdout)
    assert same(table["cells"][0]["figures"][0]["mean"], 100 * np.average(error, weights=listed)), table
    metrics = {"balanced": np.mean(np.delete(error, 1)), "worst-class": np.max(np.delete(error, 1)),
               "geometric-mean": np.prod(1 - np.delete(error, 1)) ** (1 / 9)}  # fmt: skip
    asked = ("--test-counts", ",".join(map(str, listed)), "--metric", ",".join(metrics))
    table = json.loads(run("table", path, *asked, "--format", "json").stdout)
    assert all(same(of["mean"], 100 * value) for of, value in zip(table["cells"][0]["figures"], metrics.values(), strict=True)), (table, metrics)
    falling = [int(1000 * 20 ** (-k / 9)) for k in range(10)]
    table = json.loads(run("table", path, "--test-order", "0", "--test-rho", "20", "--format", "json").stdout)
    assert same(table["cells"][0]["figures"][0]["mean"], 100 * np.average(error, weights=falling)), table
    os.mkdir(known)
    shutil.copy(path, known)
    train(f"{known}/LDAM-DRW.h5", "LDAM-DRW", 0, "--test-order", "2")
    train(f"{known}/third.h5", "LDAM-DRW", 0, "--test-order", "3", epochs="2")
    done = run("table", known, "--table", "6", "--format", "csv")
    cells = {(r["data"], r["method"]): r for r in csv.DictReader(io.StringIO(done.stdout)) if r["n"] == "1"}
    assert list(cells) == [(f"{CELL}/a", "ERM"), (f"{CELL}/b", "ERM"), (f"{CELL}/b", "LDAM-DRW")], cells.keys()
    assert all("test_order" not in r["note"] for r in cells.values()), cells
    assert "third.h5: is of no imbalance and test set that Table 6 has" in done.stderr and done.stderr.count("\n") == 1, done
    pair = ("--pair", "LDAM-DRW,ERM", "--format", "json", "--only", "epochs=4")
    paired = [cell for cell in json.loads(run("table", known, "--table", "6", *pair).stdout)["cells"] if " minus " in cell["method"] and cell["n"] == 1]
    means = [float(cells[f"{CELL}/b", method]["mean"]) for method in ("LDAM-DRW", "ERM")]
    assert len(paired) == 1 and paired[0]["data"] == f"{CELL}/b", paired
    assert abs(paired[0]["figures"][0]["mean"] - (means[0] - means[1])) < 2e-6, (paired, means)
    assert "test_order 2 instead of" in run("table", known, *pair).stdout, "on the test set as it is they are not compared"
    for order, letter in ((1, "a"), (2, "b")):
        table = json.loads(run("table", f"{known}/ERM-0.h5", "--test-order", str(order), "--format", "json").stdout)
        assert f"{table['cells'][0]['figures'][0]['mean']:.6f}" == cells[f"{CELL}/{letter}", "ERM"]["mean"], (table, cells)


def check_complaints(folder):
    """Foreign, cut, changed and unfinished files are a line each, and the rest goes on."""
    clean = run("table", folder).stdout
    with open(f"{folder}/foreign.h5", "w", encoding="utf-8") as file:
        file.write("foreign")
    with open(f"{folder}/ERM-0.h5", "rb") as file, open(f"{folder}/cut.h5", "wb") as cut:
        cut.write(file.read()[:50000])
    shutil.copy(f"{folder}/ERM-0.h5", f"{folder}/unfinished.h5")
    with h5py.File(f"{folder}/unfinished.h5", "a") as f:
        del f["final"]
    shutil.copy(f"{folder}/ERM-0.h5", f"{folder}/future.h5")
    with h5py.File(f"{folder}/future.h5", "a") as f:
        f["config"].attrs["method"] = "ERM-2"
    subprocess.run([SEAL, f"{folder}/unfinished.h5", f"{folder}/future.h5"], check=True)
    done = run("table", folder)
    lines = done.stderr.splitlines()
    assert done.stdout == clean and len(lines) == 4, lines
    for line, words in zip(lines, (("cut.h5", ""), ("foreign.h5", "HDF5"), ("future.h5", "ERM-2"), ("unfinished.h5", "4 of 4 epochs")), strict=True):
        assert line.startswith("tailbit: left out: ") and words[0] in line and words[1] in line, line
    for name in ("foreign", "cut", "unfinished", "future"):
        os.remove(f"{folder}/{name}.h5")


def check_errors(folder):
    os.makedirs(f"{folder}/../empty")
    for words, code, said in (
        (["/nowhere"], 3, "/nowhere"),
        ([f"{folder}/../empty"], 3, "holds no finished run"),
        ([f"{folder}/ERM-0.h5", "--test-counts", "3,4"], 3, "expected 10 whole numbers"),
        ([folder, "--test-counts", "3,x"], 2, "--test-counts"),
        ([folder, "--test-counts", "0,0"], 2, "every count is 0"),
        ([folder, "--metric", "tap1"], 2, "did you mean top1?"),
        ([folder, "--best", "--metric", "class-margin"], 2, "no --best"),
        ([folder, "--table", "7"], 2, "--table: got '7', expected one of 1, 2, 3"),
        ([folder, "--test-rho", "3"], 2, "no effect with --test-order auto"),
        ([folder, "--table", "2", "--test-order", "1"], 2, "no effect with --table 2"),
        ([folder, "--test-order", "1", "--metric", "top5"], 2, "--metric top5"),
        ([folder, "--table", "6", "--metric", "top5"], 2, "expected no --table, whose test sets are others"),
        ([folder, "--table", "1", "--many-over", "5"], 2, "--many-over has no effect with --table 1"),
        ([folder, "--format", "pdf"], 2, "--format: got 'pdf'"),
        ([folder, "--only", "rho=99"], 2, "no cell matches 'rho=99'"),
        ([folder, "--only", "method="], 2, "column 8, expected a value"),
        ([folder, "/nowhere"], 3, "/nowhere"),
        ([f"{folder}/../empty", f"{folder}/../empty"], 3, "empty, "),
        ([], 2, "table: got 0 arguments"),
        ([folder, "--layout", "wide", "--format", "json"], 2, "--layout has no effect with --format json"),
        ([folder, "--interval", "100"], 2, "--interval: got '100'"),
        ([folder, "--interval", "0.95"], 2, "--interval: got '0.95', expected a number of at least 50 and at most 99.99"),
        ([folder, "--pair", "ERM"], 2, "--pair: got 'ERM', expected two methods"),
        ([folder, "--pair", "ERM,LDAMDRW"], 2, "did you mean LDAM-DRW?"),
        ([folder, "--pair", "LDAM,CB-RW"], 2, "no run of LDAM or CB-RW"),
    ):
        done = run("table", *words, code=code)
        assert said in done.stderr and done.stderr.count("\n") == 1 + ("left out:" in done.stderr) and not done.stdout, (words, done)
    assert "missing" in run("table", f"{folder}/../empty", "--table", "5").stdout


def check_order_of_classes(folder):
    """An option of the data that the paper leaves open is told of every run, long after its file was closed."""
    other = f"{folder}/../tiny"
    os.mkdir(other)
    for seed in (0, 1):
        path = f"{other}/ERM-{seed}.h5"
        shutil.copy(f"{folder}/ERM-{seed}.h5", path)
        with h5py.File(path, "a") as f:
            f["config"].attrs["data"] = f["data"].attrs["name"] = "tiny_imagenet"
            f["config"].attrs["model"] = "resnet18"
            yaml = f["config/yaml"][()].decode().replace('"shapes:30:10"', "tiny_imagenet").replace("shapes:30:10", "tiny_imagenet").replace("resnet8", "resnet18")
            del f["config/yaml"]
            f["config/yaml"] = yaml
            f["data/class_order"] = ["wnids"]
        subprocess.run([SEAL, path], check=True)
    for words in ([], ["--table", "4"]):
        assert ": class_order wnids: ERM\n" in run("table", other, *words).stdout, words
    run("report", other, "--out", f"{other}/report.html")


def check_unknown_configuration(folder):
    """A network that this tailbit does not know is the run file's fault, not the command line's."""
    path = f"{folder}/../unknown.h5"
    shutil.copy(f"{folder}/ERM-0.h5", path)
    with h5py.File(path, "a") as f:
        yaml = f["config/yaml"][()].decode().replace("resnet8", "resnet9")
        del f["config/yaml"]
        f["config/yaml"] = yaml
        f["config"].attrs["model"] = "resnet9"
    subprocess.run([SEAL, path], check=True)
    for words in (("evaluate", path), ("predict", path, "--out", f"{folder}/../never.csv")):
        said = run(*words, code=3).stderr
        assert f"{path}: its configuration is none of this tailbit's: model: got 'resnet9'" in said and said.count(path) == 1, said


def check_parts_of_a_report(folder):
    """What is missing does not depend on which other parts are shown."""
    pages = []
    for words in ((), ("--without", "tables"), ("--without", "tables,figures,methods")):
        run("report", folder, "--out", f"{folder}/../page.html", *words)
        with open(f"{folder}/../page.html", encoding="utf-8") as file:
            page = file.read()
        begin = page.index("What is missing</h2>")
        pages.append(page[begin : page.index("</section>", begin)])
    assert "<dt>" in pages[0] and pages[0] == pages[1] == pages[2], pages


def check_same_output(folder):
    """Identical runs in another folder give identical bytes in every format."""
    other = f"{folder}/../other"
    shutil.copytree(folder, other)
    wide = ["--layout", "wide", "--interval", "95", "--pair", "M-DRW,ERM"]
    for kind, more in [(kind, []) for kind in ("text", "markdown", "latex", "csv", "json")] + [
        (kind, wide) for kind in ("text", "markdown", "latex", "csv")
    ]:
        words = ["--format", kind, "--metric", METRICS, *more]
        first = run("table", folder, *words).stdout
        assert first and first == run("table", other, *words).stdout, kind
    done = run("compare", folder, other)
    assert "8 the same, 0 differ, 0 on one side only, 0 cannot be compared" in done.stdout, done.stdout
    train(f"{other}/RW-0.h5.new", "RW", 5)
    os.replace(f"{other}/RW-0.h5.new", f"{other}/RW-0.h5")
    os.remove(f"{other}/ERM-2.h5")
    done = run("compare", folder, other, code=1)
    assert "\nERM-2.h5: only in A\n" in done.stdout and "\nRW-0.h5: first epoch that differs: 0, first tensor: " in done.stdout
    assert "  seed: 0 | 5\n" in done.stdout and not done.stderr, done
    assert "is a folder and" in run("compare", folder, f"{folder}/RW-0.h5", code=3).stderr
    assert "no run file" in run("compare", folder, f"{folder}/../empty", code=3).stderr


def main():
    with tempfile.TemporaryDirectory() as top:
        folder = f"{top}/runs"
        for seed in range(3):
            train(f"{folder}/ERM-{seed}.h5", "ERM", seed)
        train(f"{folder}/short.h5", "ERM", 7, epochs="2")
        train(f"{folder}/RW-0.h5", "RW", 0)
        train(f"{folder}/M-DRW-0.h5", "M-DRW", 0)
        os.mkdir(f"{folder}/deep")
        shutil.copy(f"{folder}/ERM-0.h5", f"{folder}/deep/copy.h5")
        check_figures(folder)
        train(f"{folder}/RW-1.h5", "RW", 1)
        check_paper_tables(folder)
        os.remove(f"{folder}/RW-1.h5")
        check_best(folder)
        check_paper(folder)
        check_test_set(folder)
        check_complaints(folder)
        for margin in ("0.3", "0.6"):
            train(f"{folder}/hold-{margin}.h5", "M-DRW", 0, "--validation-frac", "0.2", "--max-margin", margin)
        check_tuning(folder)
        os.remove(f"{folder}/hold-0.6.h5")
        check_errors(folder)
        check_order_of_classes(folder)
        check_unknown_configuration(folder)
        check_parts_of_a_report(folder)
        check_same_output(folder)


main()
