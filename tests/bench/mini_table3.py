#!/usr/bin/env python3
"""Table 3 in small, from pictures to report: mini_table3.py TAILBIT [FOLDER], by default mini-table3.

Draws 64 classes of JPEGs whose numbers fall as those of iNaturalist 2018 do (inaturalist.py says what of that is made up), about
3,400 for training, imports them as `made_up_like_inaturalist`, of which every table and page says that it is made up, and runs grid table3 on
them: ResNet-50 on 64x64 pixels, five methods, 5 epochs. Prints the core-hours that --dry-run predicted and those that it took. It shows
that everything works, not which method wins. The same command goes on where it was stopped; the report stays in the folder.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

try:
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: python3-pil is not installed")
    sys.exit(77)

from inaturalist import ALL, count_of

CLASSES, TESTED, NAME = 64, 3, "made_up_like_inaturalist"
SMALL = ("--image-size", "64", "--stem", "7x7", "--batch", "64", "--gradient-groups", "16", "--epochs", "5")
rng = np.random.default_rng(2018)


def draw(number, height, width):
    """A grating whose direction, period and colours are the class's; its phase and its noise are the picture's."""
    y, x = np.mgrid[0:height, 0:width]
    angle = 2.399963 * number
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / (4 + number % 9) + rng.uniform(0, 2 * np.pi))
    colours = np.cos(angle * np.arange(1, 4) + np.arange(3))
    pixels = 128 + 50 * wave[:, :, None] * colours + 30 * colours[::-1] + rng.normal(0, 30, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def draw_set(folder, counts, tested, sides):
    """Classes in folders; sides: the least and the largest of a picture."""
    for part in ("train", "test"):
        for number, count in enumerate(counts):
            place = folder / part / f"class{number:02}"
            place.mkdir(parents=True)
            for i in range(count if part == "train" else tested):
                draw(number, *rng.integers(sides[0], sides[1] + 1, 2)).save(place / f"{i:04}.jpg", quality=90)


def import_set(tailbit, folder):
    """The pictures below `folder`, and their data set."""
    counts = [count_of(rank) for rank in range(ALL // CLASSES // 2, ALL, ALL // CLASSES)][:CLASSES]
    rng.shuffle(counts)
    draw_set(folder / NAME, counts, TESTED, (64, 120))
    subprocess.run([tailbit, "data", "import", "folder", folder / NAME, "--data-dir", folder / "sets"], check=True)


def main():
    tailbit, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2] if sys.argv[2:] else "mini-table3")
    if not (folder / "sets" / NAME).exists():
        shutil.rmtree(folder / NAME, ignore_errors=True)
        import_set(tailbit, folder)
    grid = [tailbit, "grid", "table3", "--data", NAME, "--data-dir", folder / "sets", "--out", folder / "table3", *SMALL]
    said = subprocess.run([*grid, "--dry-run"], check=True, capture_output=True, text=True).stdout
    print(said, flush=True)
    predicted = float(re.search(r"([0-9.]+) core-hours,", said)[1])
    start = time.monotonic()
    subprocess.run(grid, check=True)
    took = (time.monotonic() - start) / 3600 * len(os.sched_getaffinity(0))
    subprocess.run([tailbit, "table", folder / "table3", "--metric", "top1,top5"], check=True)
    subprocess.run([tailbit, "report", folder / "table3"], check=True)
    print(f"core-hours: {predicted:.3f} predicted, {took:.3f} taken, ratio {predicted / took:.2f}")


if __name__ == "__main__":
    main()
