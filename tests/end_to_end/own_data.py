#!/usr/bin/env python3
"""docs/your-own-data.md from top to bottom, on five folders of small pictures, with short trainings of a small network; and each
message of its last table. Arguments: tailbit, the page, seal (tests/results/)."""
import os
import re
import sys
import tempfile

import pages

import h5py
import numpy as np

TAILBIT, PAGE, SEAL = map(os.path.abspath, sys.argv[1:])
COUNTS = {"cat": 60, "dog": 25, "fox": 12, "frog": 8, "owl": 5}
TEST_COUNT = 6
STUB = """import numpy
class Picture:
    def __init__(self, pixels): self.pixels = pixels
    def convert(self, mode): return self
    def resize(self, size): return self
    def __array__(self, *rest, **named): return self.pixels
def open(path): return Picture(numpy.load(path))
"""


def make_photos():
    """Folders of pictures, and a Pillow that reads them: the real one is not needed for it."""
    rng = np.random.default_rng(1)
    for part in ("train", "test"):
        for k, (name, count) in enumerate(COUNTS.items()):
            os.makedirs(f"photos/{part}/{name}")
            for i in range(count if part == "train" else TEST_COUNT):
                pixels = rng.integers(0, 100, (32, 32, 3), dtype=np.uint8)
                pixels[6 * k : 6 * k + 6] += 100
                with open(f"photos/{part}/{name}/{i:02}.png", "wb") as file:
                    np.save(file, pixels)
    os.mkdir("PIL")
    for name, text in (("__init__", ""), ("Image", STUB)):
        with open(f"PIL/{name}.py", "w", encoding="utf-8") as file:
            file.write(text)
    os.environ["PYTHONPATH"] = os.getcwd()


def shorten(text):
    text = text.replace("0 1 2;", "0 1;").replace("--epochs 300", "--epochs 2 --model resnet8 --threads 1")
    return text.replace("epochs: 300", "epochs: 300\nmodel: resnet8").replace("--dry-run", "--dry-run --threads 1")


def check_results():
    """The names are where people look for them."""
    names = list(COUNTS)
    with h5py.File("runs/ERM-1.h5") as f:
        assert f["split/class_name"].asstr()[:].tolist() == names
    said = pages.run(TAILBIT, "info", "runs/ERM-1.h5").stdout
    assert "data: animals.h5, SHA-256" in said, said
    with open("runs/report.html", encoding="utf-8") as file:
        page = file.read()
    assert page.count('<th scope="row">frog</th>') == 4 and ">cat</text>" in page, "the report's matrices have no names"
    assert f"tailbit train --data {os.path.realpath('animals.h5')} --data-sha256" in page
    with open("runs/LDAM-DRW-0-csv/confusion.csv", encoding="utf-8") as file:
        assert [line.strip().split(",")[-1] for line in file] == ["class_name", *names]
    assert ">geometric mean</th>" in page and "Missing: " not in page and "Table 2" not in page, "the report speaks of the paper's runs"
    with open("table.tex", encoding="utf-8") as file:
        tabular, notes = file.read().split("\\end{tabular}")
    assert "paper" not in tabular + notes and "method & animals \\\\\n\\midrule" in tabular, tabular
    assert "mean of the class errors in percent (balanced)" in notes and "otherwise than Cao et al. (2019): " in notes, notes
    with open("runs/figures/classes.gp", encoding="utf-8") as file:
        assert "''cat (60)'' 1, ''dog (25)'' 2," in file.read()


def check_lines():
    """A line of a training has the error of each class, or of many the worst."""
    words = ("--model", "resnet8", "--method", "ERM", "--epochs", "1", "--batch", "64", "--threads", "1", "--out")
    said = pages.run(TAILBIT, "train", "--data", "animals.h5", "--imbalance", "none", *words, "line.h5").stdout
    percent = r"\d+\.\d\d%"
    assert re.search(f"test error {percent} cat {percent} dog {percent} fox {percent} frog {percent} owl {percent}", said), said
    said = pages.run(TAILBIT, "train", "--data", "shapes:8:2", "--rho", "2", *words, "shapes.h5").stdout
    assert re.search(rf"test error {percent} worst (dented )?[a-z]+ {percent}", said), said
    with h5py.File("shapes.h5") as f:
        assert "class_name" not in f["split"], "the bits of a run on drawn images have changed"


def check_message(said, page):
    """Each row of the page's last table is what tailbit says."""
    rows = [row for row in page.split("tailbit says")[-1].splitlines() if row.startswith("| ")]
    assert any(row.split("|")[1].strip() in said for row in rows), (said, rows)


def check_few_steps(page):
    """A training of few steps on data of one's own is told so, and so is a grid of them; no drawn data, and no epoch without an
    evaluation has an empty place in its line."""
    words = ["--model", "resnet8", "--imbalance", "none", "--epochs", "2", "--batch", "64", "--threads", "1"]
    own = ["--data", "animals.h5", "--method", "ERM", "--eval-every", "2", "--out", "few.h5"]
    said = pages.run(TAILBIT, "train", *own, *words).stdout
    assert "\nfew steps in all: 4; below 1000 a method may not have learned yet; give more --epochs or" in said, said
    check_message(said, page)
    assert re.search(r"\nepoch 1/2 lr \S+ loss \S+ train error \S+% \d+ images/s", said), said
    assert re.search(r"\nepoch 2/2 lr \S+ loss \S+ train error \S+% test error \S+% cat ", said), said
    said = pages.run(TAILBIT, "train", "--data", "shapes:8:2", "--method", "ERM", *words, "--out", "drawn.h5").stdout
    assert "few steps" not in said, said
    assert "learning-rate drops fall on one epoch, 2 of 2, which trains at 1e-05; give more --epochs, or --drops" in said, said
    with open("few.yaml", "w", encoding="utf-8") as file:
        file.write("axes:\n  epochs: [2, 3, 500]\ndata: animals.h5\nimbalance: none\nmethod: ERM\nmodel: resnet8\n")
    said = pages.run(TAILBIT, "grid", "few.yaml", "--dry-run", "--batch", "64", "--threads", "1").stdout
    assert "\njobs to run with few steps in all: 2, the fewest 4; below 1000 a method may" in said, said
    assert "\njobs to run whose learning-rate drops fall on one epoch: 2; give more" in said, said


def check_messages(page):
    def spoil(change):
        with h5py.File("animals.h5") as good, h5py.File("bad.h5", "w") as bad:
            data = {name: good[name][:] for name in good}
            change(data)
            for name, value in data.items():
                bad[name] = value
        done = pages.run(TAILBIT, "split", "--data", "bad.h5", "--imbalance", "none")
        assert done.returncode == 3, done
        check_message(done.stderr, page)

    spoil(lambda d: d.update(labels=d["labels"] + 1, test_labels=d["test_labels"] + 1))
    spoil(lambda d: d.update(test_labels=np.where(d["test_labels"] == 3, 4, d["test_labels"])))
    spoil(lambda d: d.update(images=d["images"].transpose(0, 2, 3, 1)))
    spoil(lambda d: d.update(images=d["images"][:, :, 2:30, 2:30]))
    spoil(lambda d: d.update(images=d["images"][:, :1]))
    spoil(lambda d: d.update(images=d["images"][:, 0]))
    spoil(lambda d: d.update(class_names=d["class_names"][:4]))
    os.makedirs("elsewhere")
    os.rename("animals.h5", "elsewhere/animals.h5")
    config = "runs/LDAM-DRW-0-csv/config.yaml"
    done = pages.run(TAILBIT, "train", "--config", config, "--out", "again.h5")
    assert done.returncode == 3 and not os.path.exists("again.h5"), done
    check_message(done.stderr, page)
    done = pages.run(TAILBIT, "train", "--config", config, "--out", "runs/LDAM-DRW-0.h5", "--data", "elsewhere/animals.h5")
    assert done.returncode == 0 and "already finished" in done.stdout, done


def check_older_export():
    """The mean and std that an older tailbit did not keep come from the data: --data says where they lie."""
    with h5py.File("runs/ERM-0.h5", "a") as f:
        del f["data/mean"], f["data/std"]
    assert pages.run(SEAL, "runs/ERM-0.h5").returncode == 0
    done = pages.run(TAILBIT, "export", "runs/ERM-0.h5", "--onnx")
    assert done.returncode == 3 and "--data PATH" in done.stderr, done
    done = pages.run(TAILBIT, "export", "runs/ERM-0.h5", "--onnx", "--data", "elsewhere/animals.h5")
    assert done.returncode == 0, done


def main():
    os.environ["PATH"] = f"{os.path.dirname(TAILBIT)}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_photos()
        pages.check_page(PAGE, shorten)
        check_results()
        check_lines()
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        check_few_steps(page)
        check_messages(page)
        check_older_export()
        os.chdir("/")


main()
