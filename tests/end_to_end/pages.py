#!/usr/bin/env python3
"""The examples of docs/file-format.md and docs/export.md run on a fresh run file, and print what the pages say, numbers aside.
Arguments: tailbit, the pages.

Of a page, the blocks fenced as python or sh are run from top to bottom (a page's python blocks see one another's names); a text
block behind one is what it prints: in this order at least, with '...' for what is left out, and any numbers for its numbers."""
import importlib.util
import os
import re
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

TAILBIT, *PAGES = map(os.path.abspath, sys.argv[1:])
MARK = "---- from here on it is this block that prints ----"
NOISY = {"onnxruntime"}  # Debian's writes to stderr when it is loaded


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def prepare():
    """What the pages presume: run.h5, a.h5 and b.h5 (an LDAM-DRW run, itself, and an ERM run), the last two in runs, too, and test images as CIFAR-10 has them."""
    rng = np.random.default_rng(2385)
    with h5py.File("cifar10.h5", "w") as f:
        for prefix, count in (("", 60), ("test_", 30)):
            f[f"{prefix}images"] = rng.integers(0, 256, (count, 3, 32, 32), np.uint8)
            f[f"{prefix}labels"] = np.arange(count) % 3
        rows = [f["test_labels"][:].astype(np.uint8)[:, None], f["test_images"][:].reshape(30, -1)]
        np.concatenate(rows, 1).tofile("test_batch.bin")
    for name, method in (("a.h5", "LDAM-DRW"), ("b.h5", "ERM")):
        done = run(TAILBIT, "train", "--data", "./cifar10.h5", "--rho", "3", "--model", "resnet8", "--epochs", "2", "--batch", "16",
                   "--method", method, "--out", name)  # fmt: skip
        assert done.returncode == 0, done
    shutil.copy("a.h5", "run.h5")
    os.mkdir("runs")
    for name in ("a.h5", "b.h5"):
        os.link(name, f"runs/{name}")


def blocks_of(page):
    """(language, text, what it prints or None) of every block that is run."""
    with open(page, encoding="utf-8") as file:
        found = re.findall(r"^```(\w*)\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
    blocks = []
    for language, text in found:
        if language == "text":
            assert blocks and blocks[-1][2] is None, f"{page}: nothing prints:\n{text}"
            blocks[-1][2] = text
        elif language in ("python", "sh"):
            blocks.append([language, text, None])
    return blocks


def skeleton(line):
    """The line without its numbers, and one # for several of them."""
    line = re.sub(r"\b[0-9a-f]{64}\b|-?\b\d+(\.\d*)?(e-?\d+)?\b\.?|\bnan\b", "#", line)
    return re.sub(r"#(?:[\s,\[\]()]*#)*", "#", line.strip())


def check_output(where, wanted, got):
    """The data here stand in for CIFAR-10, and are known as a user's file by their ending."""
    lines = [skeleton(line) for line in got.replace("cifar10.h5", "cifar10").splitlines()]
    for line in wanted.splitlines():
        if line.strip() != "...":
            assert skeleton(line) in lines, f"{where}: no line {line!r}, but:\n{got}"
            del lines[: lines.index(skeleton(line)) + 1]


def check_page(page, change=str):
    """Runs the page's blocks, each as `change` makes it."""
    before, count = "", 0
    for language, original, wanted in blocks_of(page):
        text = change(original)
        modules = set(re.findall(r"^import (\w+)", text, re.MULTILINE))
        lacking = [name for name in modules if importlib.util.find_spec(name) is None]
        if lacking or (language == "sh" and not all(map(shutil.which, re.findall(r"^h5\w+", text, re.MULTILINE)))):
            print(f"{os.path.basename(page)}: a block is not run: {lacking or 'the HDF5 tools'} not installed")
            continue
        said = run("sh", "-e", "-c", text) if language == "sh" else run(sys.executable, "-B", "-c", f"{before}print({MARK!r})\n{text}")
        assert said.returncode == 0 and (not said.stderr or modules & NOISY), f"{page}:\n{text}\n{said.stdout}{said.stderr[-2000:]}"
        check_output(f"{page}:\n{text}", wanted or "", said.stdout.split(f"{MARK}\n")[-1])
        before += text if language == "python" else ""
        count += 1
    assert count >= 3, f"{page}: {count} blocks were run"


def main():
    os.environ["PATH"] = f"{os.path.dirname(TAILBIT)}:{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = os.path.join(os.path.dirname(PAGES[0]), "..", "python")
    sys.path.append(os.environ["PYTHONPATH"])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        prepare()
        for page in PAGES:
            check_page(page)


if __name__ == "__main__":
    main()
