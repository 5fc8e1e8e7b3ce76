#!/usr/bin/env python3
"""docs/pictures.md from top to bottom, on two folders of drawn pictures; then a defect that `data verify` finds, and names that
`data import` refuses. Arguments: tailbit, the page."""
import os
import shutil
import sys
import tempfile

import pages

try:
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

TAILBIT, PAGE = map(os.path.abspath, sys.argv[1:])


def make_photos():
    rng = np.random.default_rng(3)
    for part, count in (("train", 6), ("test", 2)):
        for name in ("cat", "dog"):
            os.makedirs(f"photos/{part}/{name}")
            for i in range(count):
                pixels = rng.integers(0, 256, (40 + 7 * i, 90 - 5 * i, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(f"photos/{part}/{name}/{i}.{'png' if i == 1 else 'jpg'}")
    shutil.copy("photos/train/dog/3.jpg", "photos/test/dog/3.jpg")
    os.remove("photos/test/dog/0.jpg")
    with open("photos/train/cat/notes.jpg", "w", encoding="utf-8") as file:
        file.write("Seen on Sunday.\n")


def tailbit(*words):
    return pages.run(TAILBIT, *words, "--data-dir", "sets")


def check_defect():
    with open("sets/photos/pictures-000.pack", "r+b") as file:
        file.seek(5000)
        file.write(b"\0\1\2\3")
    done = tailbit("data", "verify", "photos")
    assert done.returncode == 3 and "its bytes are not those that were imported" in done.stdout, done
    assert done.stderr.count("\n") == 1 and "photos: 1 defect in 16 pictures" in done.stderr, done
    assert tailbit("data", "import", "folder", "photos").returncode == 0
    assert tailbit("data", "verify", "photos").returncode == 0


def check_refusals():
    os.makedirs("shapes/train")
    for words, code, word in (
        (("folder", "shapes"), 2, "cannot name a data set"),
        (("folder", "photos", "--unverified"), 2, "--unverified has no effect"),
        (("folder", "photos/train"), 3, "test/CLASS/FILE"),
        (("tiny_imagenet", "photos"), 2, "add --unverified"),
        (("tiny_imagenet", "photos", "--unverified"), 3, "val/images"),
        (("tiny_imagenet", "photos/test/dog/3.jpg"), 3, "expected 90528d7ca1a48142e341f4ef8d21d0de"),
        (("folder", "nowhere"), 3, "no such folder"),
    ):
        done = tailbit("data", "import", *words)
        assert done.returncode == code and word in done.stderr and done.stderr.count("\n") == 1, (words, done)


def main():
    os.environ["PATH"] = f"{os.path.dirname(TAILBIT)}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_photos()
        pages.check_page(PAGE)
        check_defect()
        check_refusals()
        os.chdir("/")


main()
