"""What the style checks share: the files of the checkout, and how a check ends."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("core", "nn", "imbalance", "pictures", "datasets", "recipes", "results", "experiments", "release", "tests")
SKIPPED = 77  # meson's exit status of a test that was skipped


def all_files():
    """Every file of the checkout, as a path from its root; no git, no virtual environment, and no folder that git ignores (/build*/)."""
    ignored = tuple(line.strip("*").rstrip("/") for line in read(".gitignore").splitlines() if line.startswith("/"))

    def is_ours(path, name):
        return not (name in (".git", "__pycache__") or path[len(ROOT) :].startswith(ignored) or os.path.exists(os.path.join(path, "pyvenv.cfg")))

    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = sorted(name for name in subfolders if is_ours(os.path.join(folder, name), name))
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def c_files(suffixes=(".c", ".h")):
    """Our C sources; golden numbers are data."""
    return [p for p in all_files() if p.endswith(suffixes) and p.startswith(FOLDERS) and not p.startswith("tests/golden/")]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def finish(looked_at, complaints):
    """Prints the complaints and ends the check; a check that looked at nothing has failed."""
    for complaint in complaints:
        print(complaint)
    print(f"{len(looked_at)} looked at, {len(complaints)} complaints")
    sys.exit(1 if complaints or not looked_at else 0)
