#!/usr/bin/env python3
"""Training from packed pictures of several sizes: the same bits for any number of threads and after kill -9, with each crop that
resizes; a picture that breaks ends the run with one line, and the repaired set goes on to the same bits. Arguments: tailbit."""
import os
import random
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


def kill_until_done(out, view, seconds):
    """Kills the run at moments drawn below `seconds`, three times at least, and lets it end."""
    rng = random.Random(3)
    words = [TAILBIT, "train", "--data", "photos", *RECIPE, *view, "--out", out, "--save-every", "1step", "--threads", "2"]
    for _ in range(3):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        try:
            process.wait(rng.uniform(0.1, 0.9) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    train(out, view)


def check_bits(view):
    train("one.h5", view, "--threads", "1")
    for threads in ("2", "3", "8"):
        train("many.h5", view, "--threads", threads)
        tailbit("compare", "one.h5", "many.h5")
        os.remove("many.h5")
    kill_until_done("many.h5", view, 1.0)
    tailbit("compare", "one.h5", "many.h5")
    os.remove("many.h5")
    shutil.move("one.h5", f"{view[1]}.h5")


def check_broken_picture():
    """The run ends at the step that meets it, keeps its check-point, and goes on once the set is whole."""
    view = ["--crop", "resize", "--image-size", "24"]
    shutil.copy("sets/photos/pictures-000.pack", "whole.pack")
    with open("sets/photos/pictures-000.pack", "r+b") as file:
        file.seek(os.path.getsize("whole.pack") // 3)
        file.write(b"\0\1\2\3")
    done = train("broken.h5", view, "--threads", "2", code=3)
    assert done.stderr.count("\n") == 1 and "photos/pictures-000.pack: train/" in done.stderr, done
    assert "its bytes are not those that were imported" in done.stderr, done
    shutil.copy("whole.pack", "sets/photos/pictures-000.pack")
    train("broken.h5", view)
    tailbit("compare", "resize.h5", "broken.h5")


def check_record():
    """The run file says what the network saw, and the names of the classes."""
    with h5py.File("random-resized.h5") as f:
        assert f["data/plane"][:].tolist() == [24, 24] and f["split/class_name"].asstr()[:].tolist() == list(COUNTS)
        assert f["config"].attrs["crop"] == "random-resized" and f["config"].attrs["image_size"] == 24
    tailbit("compare", "resize.h5", "random-resized.h5", code=1)


def check_refusals():
    for words, code, word in (
        (["--crop", "pad4"], 2, "wants pictures of one size"),
        (["--crop", "pad8", "--image-size", "24"], 2, "--image-size has no effect with --crop pad8"),
        (["--image-size", "24", "--short-side", "23"], 2, "--short-side 23"),
        (["--image-size", "5"], 2, "expected at least 8 pixels"),
    ):
        done = train("none.h5", words, code=code)
        assert word in done.stderr and done.stderr.count("\n") == 1, done
    assert not os.path.exists("none.h5")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_photos()
        tailbit("data", "import", "folder", "photos", "--data-dir", "sets")
        for crop in ("resize", "random-resized"):
            check_bits(["--crop", crop, "--image-size", "24"])
        check_record()
        check_broken_picture()
        check_refusals()
        os.chdir("/")


main()
