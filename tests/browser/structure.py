#!/usr/bin/env python3
"""`tailbit report`: the page is well-formed, leads nowhere else and everywhere inside, escapes what it shows, has the numbers of
`tailbit table`, names every file that is no run, and its commands make the runs again. Argument: tailbit."""
import csv
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
import xml.etree.ElementTree as xml

try:
    import h5py
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)

import runs
from page import Page

TAILBIT = os.path.abspath(sys.argv[1])


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def report(folder, *words, code=0):
    return runs.call(TAILBIT, "report", folder, *words, code=code)


def page_of(path):
    page = Page(read(path))
    assert not page.check(), page.check()
    return page


def check_shown(page):
    """Every run that is there leads to its part, and the files that are none are named with the reason."""
    index = {row[0]: row for row in page.table("Every run")[1:]}
    assert sorted(index) == sorted(runs.FINISHED + ["unfinished.h5"]), index
    files = {row[0]: row[1:] for row in page.table("Files and jobs")[1:]}
    states = {name: state for name, (state, _) in files.items()}
    assert states == {"ERM-1.at-drop-paper.probe.h5": "unreadable", "cut.h5": "unreadable", "foreign.h5": "unreadable", "no <i>run.h5": "unreadable", "unfinished.h5": "unfinished",
                      "to-come": "waiting", "failed": "failed"}, states  # fmt: skip
    assert files["failed"][1] == "the disk is <full>" and files["unfinished.h5"][1] == "3 of 5 epochs", files
    assert "truncated" in files["cut.h5"][1], files


def check_numbers(page, folder):
    rows = csv.DictReader(io.StringIO(runs.call(TAILBIT, "table", folder, "--format", "csv").stdout))
    table = page.table("All finished runs")
    known = {row["method"]: row for row in rows if row["data"].startswith("shapes")}
    shown = {row[0]: dict(zip(table[0], row)) for row in table if row[0] in known and "odd" not in row[0]}
    erm = known["ERM"]
    assert shown["ERM"]["top-1"] == f"{float(erm['mean']):.2f} \u00b1 {float(erm['std']):.2f}", shown
    assert shown["ERM"]["n"] == "2" and shown["ERM"]["seeds"] == "0, 1", shown
    assert "\u00b1" not in shown["LDAM-DRW"]["top-1"], shown


def check_probes(page, folder):
    """The probe beside a run is in its part; one of other bits is in none."""
    with h5py.File(os.path.join(folder, "ERM-0.at-drop-paper.probe.h5")) as f:
        error = f"{100 * f['classifiers/error'][0]:.2f}"
    probes = [t["rows"][1:] for t in page.tables if t["caption"].startswith("Classifiers on")]
    assert [row[:3] for row in probes[0]] == [["at-drop", "paper", "logistic"], ["at-drop", "paper", "nearest-mean"]], probes
    assert len(probes) == 1 and probes[0][0][-1] == error, (probes, error)


def check_pictures(page):
    """Each figure is a whole SVG with the title that the page gives it, and leads nowhere out of itself."""
    names = [xml.fromstring(text).find("{*}title").text for text in page.pictures]
    for text in page.pictures:
        targets = re.findall(r"""(?:href|src)\s*=\s*["']([^"']*)|url\(["']?([^)"']*)""", text)
        assert all((a or b).startswith("#") for a, b in targets) and "<script" not in text, targets
    assert bool(names) == (shutil.which("gnuplot") is not None) and names == page.names, (names, page.names)


def check_facts(page, folder):
    words = page.text()
    with h5py.File(os.path.join(folder, "ERM-0.h5")) as f:
        facts = [f["data"].attrs["sha256"], f["split"].attrs["sha256"], f.attrs["digest"], f["env/start-0000"].attrs["onednn"]]
    for fact in [*facts, runs.ODD, "4 finished runs", "sample standard deviation", "No epoch was chosen", "validation-frac 0.2"]:
        assert fact in words, fact


def check_again(page):
    """The command in a run's part makes the bits of the run."""
    command = next(c for c in page.code if c.endswith("--out LDAM-DRW-0.h5"))
    digest = page.table("Every run")[3][-1]
    assert page.table("Every run")[3][0] == "LDAM-DRW-0.h5"
    with tempfile.TemporaryDirectory() as elsewhere:
        words = shlex.split(command)
        assert words[0] == "tailbit"
        runs.call(TAILBIT, *words[1:], cwd=elsewhere)
        with h5py.File(os.path.join(elsewhere, "LDAM-DRW-0.h5")) as f:
            assert f.attrs["digest"].startswith(digest) and len(digest) == 12, (digest, f.attrs["digest"])
    odd = shlex.split(next(c for c in page.code if c.endswith("below/odd.h5")))
    assert odd[odd.index("--data") + 1].endswith(f"/{runs.ODD}.h5"), odd


def check_same_bytes(folder, path):
    """The report of a report's folder is the same, and so is that of a copy whose files came in another order."""
    first = read(path)
    report(folder)
    assert read(path) == first
    with tempfile.TemporaryDirectory() as elsewhere:
        copy = os.path.join(elsewhere, os.path.basename(folder))
        os.mkdir(copy)
        for name in sorted(os.listdir(folder), reverse=True):
            if name != "report.html":
                source = os.path.join(folder, name)
                (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, os.path.join(copy, name))
        report(copy, "--out", os.path.join(elsewhere, "x.html"))
        assert read(os.path.join(elsewhere, "x.html")) == first
        assert not os.path.exists(os.path.join(copy, "report.html"))


def check_nothing(folder):
    """Folders without a run that can be shown: a page that says so, and exit code 3."""
    empty, broken = os.path.join(folder, "empty"), os.path.join(folder, "broken")
    os.mkdir(empty)
    assert "no run can be shown" in report(empty, code=3).stderr
    page = page_of(os.path.join(empty, "report.html"))
    assert "No run can be shown." in page.text()
    os.mkdir(broken)
    with open(os.path.join(broken, "a.h5"), "wb") as f:
        f.write(b"\x89HDF\r\n\x1a\n" + bytes(600))
    report(broken, code=3)
    assert [row[:2] for row in page_of(os.path.join(broken, "report.html")).table("Files and jobs")[1:]] == [["a.h5", "unreadable"]]
    report(os.path.join(folder, "nowhere"), code=3)
    assert not os.path.exists(os.path.join(folder, "nowhere"))
    report(empty, "--out", os.path.join(sys.argv[1], "folder.html"), code=2)


def main():
    with tempfile.TemporaryDirectory() as folder:
        small = os.path.join(folder, "small")
        runs.make(TAILBIT, small, folder)
        path = os.path.join(small, "report.html")
        assert report(small).stdout == f"{path}: 5 runs\n"
        page = page_of(path)
        assert [text for tag, text in page.headings if tag == "h1"] == ["small"]
        check_shown(page)
        check_numbers(page, small)
        check_probes(page, small)
        check_facts(page, small)
        check_pictures(page)
        check_again(page)
        check_same_bytes(small, path)
        check_nothing(folder)
    print("the report is whole")


main()
