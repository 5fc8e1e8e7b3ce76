#!/usr/bin/env python3
"""Training from packed pictures of several sizes: the same bits for any number of threads and after kill -9, with each crop that
resizes; a picture that breaks ends the run with one line, and the repaired set goes on to the same bits. Arguments: tailbit."""
import os
import shutil
import subprocess
import sys
import tempfile

import pages

try:
    import h5py
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

TAILBIT = os.path.abspath(sys.argv[1])
COUNTS = {"cat": 23, "dog": 9, "owl": 5}
RECIPE = ["--imbalance", "none", "--method", "LDAM-DRW", "--model", "resnet8", "--batch", "12", "--epochs", "2", "--data-dir", "sets"]


def make_photos():
    rng = np.random.default_rng(11)
    for part in ("train", "test"):
        for name, count in COUNTS.items():
            os.makedirs(f"photos/{part}/{name}")
            for i in range(count if part == "train" else 3):
                small = rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)
                size = tuple(int(side) for side in rng.integers(20, 90, 2))
                Image.fromarray(small).resize(size).save(f"photos/{part}/{name}/{i:02}.{'png' if i % 5 == 2 else 'jpg'}")


def tailbit(*words, code=0):
    done = pages.run(TAILBIT, *words)
    assert done.returncode == code, done
    return done


def train(out, view, *more, code=0):
    return tailbit("train", "--data", "photos", *RECIPE, *view, "--out", out, *more, code=code)


def kill_and_go_on(out, view):
    """Kills the run inside its writing of the first check-point and of a later one, and lets it end."""
    for calls in ("5", "27"):
        os.environ["TAILBIT_TEST_ABORT_AFTER"] = calls
        train(out, view, "--save-every", "1step", code=-9)
        del os.environ["TAILBIT_TEST_ABORT_AFTER"]
    assert "resumed" in train(out, view).stdout


def check_bits(view):
    train("one.h5", view, "--threads", "1")
    for threads in ("2", "3", "8"):
        train("many.h5", view, "--threads", threads)
        tailbit("compare", "one.h5", "many.h5")
        os.remove("many.h5")
    kill_and_go_on("many.h5", view)
    tailbit("compare", "one.h5", "many.h5")
    os.remove("many.h5")
    shutil.move("one.h5", f"{view[1]}.h5")


def broken_place():
    """A byte of the last picture, a test picture, which the run meets after its first epoch."""
    with open("sets/photos/index.txt", encoding="utf-8") as file:
        part, _, _, _, _, offset = file.read().splitlines()[-1].split("\t")[1:7]
    assert part == "test"
    return int(offset) + 9


def check_broken_picture():
    """The run ends where it meets it, keeps its check-point, and goes on once the set is whole."""
    view = ["--crop", "resize", "--image-size", "24"]
    shutil.copy("sets/photos/pictures-000.pack", "whole.pack")
    with open("sets/photos/pictures-000.pack", "r+b") as file:
        file.seek(broken_place())
        file.write(b"\0\1\2\3")
    done = train("broken.h5", view, "--threads", "2", "--save-every", "1step", code=3)
    assert done.stderr.count("\n") == 1 and "photos/pictures-000.pack: test/" in done.stderr, done
    assert "its bytes are not those that were imported" in done.stderr, done
    shutil.copy("whole.pack", "sets/photos/pictures-000.pack")
    assert "resumed" in train("broken.h5", view).stdout
    tailbit("compare", "resize.h5", "broken.h5")


def check_record():
    """The run file says what the network saw, and the names of the classes."""
    with h5py.File("random-resized.h5") as f:
        assert f["data/plane"][:].tolist() == [24, 24] and f["split/class_name"].asstr()[:].tolist() == list(COUNTS)
        seen = {key: f["config"].attrs[key] for key in ("crop", "image_size", "short_side")}
        assert seen == {"crop": "random-resized", "image_size": 24, "short_side": 27}, seen
    tailbit("compare", "resize.h5", "random-resized.h5", code=1)


def check_other_views():
    """A value that is written out is what it comes to, and a run does not go on with another crop."""
    done = train("random-resized.h5", ["--crop", "random-resized", "--image-size", "24", "--short-side", "27"])
    assert "finished" in done.stdout, done
    refused = train("random-resized.h5", ["--image-size", "24"], code=2)
    assert "crop random-resized" in refused.stderr and "resize" in refused.stderr, refused


def check_grid():
    """A grid over crops goes on with its own cells; its prediction measures each cell as it sees the pictures."""
    with open("crops.yaml", "w", encoding="utf-8") as file:
        file.write("axes:\n  crop: [resize, random-resized]\n  image_size: [16, 24]\ndata: photos\nimbalance: none\nmethod: ERM\n")
        file.write("model: resnet8\nbatch: 12\nepochs: 1\n")
    words = ("grid", "crops.yaml", "--out", "cells", "--data-dir", "sets", "--threads", "1")
    tailbit(*words, "--only", "image_size=16")
    assert tailbit(*words, "--dry-run").stdout.count(" done") == 2
    done = tailbit(*words)
    assert "4 jobs done (2 now)" in done.stdout and "changed" not in done.stdout, done
    page = tailbit("table", "cells").stdout
    assert "crop" in page and "image_size" in page, page
    again = tailbit("report", "cells")
    with open("cells/report.html", encoding="utf-8") as file:
        assert "--data photos --data-sha256" in file.read(), again


def check_replaced():
    """An import over another set says so, and what it trained goes on with that alone."""
    os.remove("photos/train/owl/01.jpg")
    done = tailbit("data", "import", "folder", "photos", "--data-dir", "sets")
    assert "replaced: other data of that name, sha256 " in done.stdout, done
    with h5py.File("resize.h5") as f:
        assert f["data"].attrs["sha256"] in done.stdout


def check_replaced_meanwhile():
    """A grid is not done whose data were replaced while it ran: at least its first cell was trained on others."""
    with open("seeds.yaml", "w", encoding="utf-8") as file:
        file.write("axes:\n  seed: [0, 1]\ndata: photos\nimbalance: none\nmethod: ERM\nmodel: resnet8\nbatch: 12\nepochs: 1\n")
    words = (TAILBIT, "grid", "seeds.yaml", "--out", "seeds", "--data-dir", "sets", "--threads", "1", "--jobs", "1")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as grid:
        line = grid.stdout.readline()
        while " done " not in line:
            assert line, grid.stderr.read()
            line = grid.stdout.readline()
        os.remove("photos/train/cat/05.jpg")
        tailbit("data", "import", "folder", "photos", "--data-dir", "sets")
        out, err = grid.communicate()
    assert grid.returncode == 1 and "other configuration" in out and "data of SHA-256" in out, (out, err)
    assert " of 2 jobs done" in err and "with another configuration" in err, err


def check_refusals():
    for words, code, word in (
        (["--crop", "pad4"], 2, "wants pictures of one size"),
        (["--crop", "pad8", "--image-size", "24"], 2, "--image-size has no effect with --crop pad8"),
        (["--image-size", "24", "--short-side", "23"], 2, "--short-side 23"),
        (["--image-size", "5"], 2, "expected a whole number of at least 8"),
    ):
        done = train("none.h5", words, code=code)
        assert word in done.stderr and done.stderr.count("\n") == 1, done
    assert not os.path.exists("none.h5")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_photos()
        importing = ("data", "import", "folder", "photos", "--data-dir", "sets")
        assert "replaced" not in tailbit(*importing).stdout
        assert "replaced: the same data\n" in tailbit(*importing).stdout
        for crop in ("resize", "random-resized"):
            check_bits(["--crop", crop, "--image-size", "24"])
        check_record()
        check_other_views()
        check_broken_picture()
        check_grid()
        check_refusals()
        check_replaced()
        check_replaced_meanwhile()
        os.chdir("/")


main()
