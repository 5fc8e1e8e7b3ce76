#!/usr/bin/env python3
"""`tailbit demo`, README's first command, with few epochs: its tables and its report say what its run files hold, and the same
command again trains nothing. Argument: tailbit."""
import os
import re
import subprocess
import sys
import tempfile

try:
    import h5py
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)

TAILBIT = os.path.abspath(sys.argv[1])
EPOCHS = 2
TABLES = {"": ["ERM", "LDAM", "LDAM-DRW"], "reviews-": ["ERM", "LDAM-DRW"]}  # prefix of the run files, and the rows


def demo(*words):
    done = subprocess.run([TAILBIT, "demo", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    return done.stdout


def tables_of(text):
    """The rows, heads left out, of every table: {first word: the others}."""
    parts = re.split(r"^class +", text, flags=re.MULTILINE)[1:]
    return [{row.split()[0]: row.split()[1:] for row in part.split("\n\n")[0].splitlines()[1:]} for part in parts]


def check_table(rows, prefix, methods):
    assert list(rows) == ["examples", *methods], rows
    for method in methods:
        with h5py.File(f"{prefix}{method}.h5") as run:
            assert run["epochs/train_loss"].shape == (EPOCHS,), (prefix, method)
            counts = run["split/class_counts"][:]
            errors = run["final/class_error"][:]
            balanced = run["final/balanced_error"][0]
        assert rows["examples"] == [str(n) for n in counts], (rows, counts)
        assert rows[method] == [f"{100 * e:.1f}" for e in errors] + [f"{100 * balanced:.2f}"], (method, rows[method], errors, balanced)
    assert counts[0] > counts[-1] or prefix, counts  # images: long-tailed; reviews: the first class is the rare one
    assert counts[0] < counts[-1] or not prefix, counts


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    first = demo("--epochs", str(EPOCHS), "--threads", "1", "--out", ".")
    tables = tables_of(first)
    assert len(tables) == len(TABLES), first
    for rows, (prefix, methods) in zip(tables, TABLES.items()):
        check_table(rows, prefix, methods)
    files = sorted(f"{prefix}{method}.h5" for prefix, methods in TABLES.items() for method in methods)
    assert sorted(f for f in os.listdir() if f.endswith(".h5")) == files
    with open("report.html", encoding="utf-8") as page:
        report = page.read()
    assert not [f for f in files if f not in report], "a run is not in the report"
    for rows in tables:
        missing = [(m, row[-1]) for m, row in rows.items() if m != "examples" and row[-1] not in report]
        assert not missing, f"the report lacks the errors of {missing}"
    before = [open(f, "rb").read() for f in files]
    again = demo("--epochs", str(EPOCHS), "--threads", "1", "--out", ".")
    assert tables_of(again) == tables
    assert [open(f, "rb").read() for f in files] == before, "a finished run was trained again"
    print(f"{len(files)} runs, {len(tables)} tables and the report agree")
