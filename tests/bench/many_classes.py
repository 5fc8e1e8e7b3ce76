#!/usr/bin/env python3
"""Size of a run file with as many outputs as iNaturalist 2018 has:

    many_classes.py TAILBIT FOLDER

Trains 90 epochs of a ResNet-8 on noise of 8x8 pixels: 8,142 classes of one to three training images, 24,426 test images. Prints the
MB of the run file: all, the weights and the optimiser's buffers (/state), arrays with a row per example, and the rest, which must
stay under 20 MB. The data and the run stay in FOLDER; the same command resumes it."""
import os
import subprocess
import sys

import h5py
import numpy as np

CLASSES, TEST = 8142, 24426


def main():
    tailbit, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    counts = np.ones(CLASSES, int)
    counts[:800] = 3
    labels = np.repeat(np.arange(CLASSES), counts)
    if not os.path.exists("noise.h5"):
        noise = np.random.default_rng(1)
        with h5py.File("noise.h5", "w") as file:
            for name, of in (("", labels), ("test_", np.repeat(np.arange(CLASSES), TEST // CLASSES))):
                file[name + "images"] = noise.integers(0, 256, (len(of), 3, 8, 8), np.uint8)
                file[name + "labels"] = of
    subprocess.run([tailbit, "train", "--data", "./noise.h5", "--imbalance", "none", "--method", "ERM", "--model", "resnet8",
                    "--epochs", "90", "--eval-every", "30", "--lr", "0.01", "--out", "run.h5"], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    sizes = {}
    with h5py.File("run.h5") as file:
        file.visititems(lambda name, item: sizes.update({name: (item.id.get_storage_size(), item.shape)}) if isinstance(item, h5py.Dataset) else None)
    whole = os.path.getsize("run.h5")
    state = sum(size for name, (size, _) in sizes.items() if name.startswith("state/"))
    examples = sum(size for name, (size, shape) in sizes.items() if shape and shape[0] in (len(labels), TEST) and not name.startswith("state/"))
    rest = whole - state - examples
    print(f"{CLASSES} classes, {TEST} test images, 90 epochs: {whole / 1e6:.1f} MB, /state {state / 1e6:.1f}, per example {examples / 1e6:.1f}, the rest {rest / 1e6:.1f}")
    sys.exit(rest >= 20e6)


if __name__ == "__main__":
    main()
