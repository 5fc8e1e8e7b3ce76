#!/usr/bin/env python3
"""Tables 3 and 4 on a few drawn pictures: killed and resumed, with other threads and jobs, a grid has the same bits, and its table shows
both errors. Arguments: tailbit, the folder of mini_table3.py."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import pages

TAILBIT = os.path.abspath(sys.argv[1])
sys.path.insert(0, sys.argv[2])
from mini_table3 import draw_set  # skips where Pillow is not

GRIDS = {  # the table's own recipe, in epochs and pixels of a test, on a network of a test
    "table3": ("--data", "natural", "--image-size", "16", "--model", "resnet8", "--batch", "16", "--epochs", "2"),
    "table4": ("--data", "even", "--seeds", "0", "--only", "rho=100", "--crop", "resize", "--image-size", "16", "--model", "resnet8", "--batch", "16", "--epochs", "2"),
}


def tailbit(*words, code=0):
    done = pages.run(TAILBIT, *words)
    assert done.returncode == code, done
    return done


def words(name, out, *more):
    return ["grid", name, "--data-dir", "sets", "--out", out, *GRIDS[name], *more]


def kill_grid(name):
    """Kills a grid and its two jobs when a third cell has a check-point."""
    job = subprocess.Popen([TAILBIT, *words(name, "killed", "--save-every", "1step", "--jobs", "2", "--threads", "2")],
                           stdout=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    while job.poll() is None and len([file for file in os.listdir("killed") if file.endswith(".h5")] if os.path.isdir("killed") else []) < 3:
        time.sleep(0.005)
    os.killpg(job.pid, signal.SIGKILL)
    assert job.wait() == -signal.SIGKILL


def check_prediction(name, cells):
    """What --dry-run says of the disk is what the run files have."""
    said = tailbit(*words(name, "whole", "--threads", "1", "--dry-run")).stdout
    predicted = float(re.search(r"disk for the run files: ([0-9.]+) MiB", said)[1])
    assert f"{cells} to run: " in said and "memory of a job: " in said and "noise" not in said, said
    return predicted * 2**20


def check_absent():
    """Without the pictures a table of the paper is predicted on noise, and says so; a name that nobody knows is not."""
    small = ("--data-dir", "nowhere", "--only", "rho=10 & ERM", "--model", "resnet8", "--batch", "8", "--threads", "1", "--dry-run")
    said = tailbit("grid", "table4", "--seeds", "0", *small).stdout
    assert "?" not in said and "2 jobs measured on noise of the size of the pictures" in said and "2 to run: 0.000" not in said, said
    said = tailbit("grid", "table3", "--data-dir", "nowhere", "--only", "ERM", "--seeds", "0", "--image-size", "32", "--batch", "8", "--threads", "1", "--dry-run").stdout
    assert "1 job measured on noise of the size of the pictures" in said and "1 to run: " in said and "1 to run: 0.000" not in said, said
    said = tailbit("grid", "table4", "--seeds", "0", "--data", "unheard", *small).stdout
    assert "2 jobs without a prediction" in said, said
    for data, code in (("tiny_imagenet", 3), ("unheard", 2), ("./none.h5", 3)):  # and nothing is begun
        done = tailbit("grid", "table4", "--data", data, "--data-dir", "nowhere", "--out", "none", code=code)
        assert done.stderr.count("\n") == 1 and "nothing was trained" in done.stderr and not os.path.exists("none"), done


def check_grid(name, cells):
    """The same command, with other CPUs, ends with the same bits."""
    predicted = check_prediction(name, cells)
    whole = tailbit(*words(name, "whole", "--jobs", "1", "--threads", "1")).stdout
    assert f"{cells} jobs done ({cells} now)" in whole, whole
    kill_grid(name)
    done = tailbit(*words(name, "killed", "--jobs", "2", "--threads", "3")).stdout
    assert f"{cells} jobs done (" in done and (f"({cells} now)" not in done or "resume " in done), done
    runs = sorted(file for file in os.listdir("whole") if file.endswith(".h5"))
    taken = sum(os.path.getsize(f"whole/{run}") for run in runs)
    assert abs(predicted / taken - 1) < 0.2, (predicted, taken)
    assert len(runs) == cells and runs == sorted(file for file in os.listdir("killed") if file.endswith(".h5"))
    for run in runs:
        tailbit("compare", f"whole/{run}", f"killed/{run}")
    shown = tailbit("table", "whole", "--metric", "top1,top5").stdout
    assert shown.count("LDAM-DRW") >= 1 and "top-5" in shown, shown
    tailbit("report", "whole")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, counts in (("natural", [90, 40, 24, 8, 60, 3]), ("even", [100] * 4)):
            draw_set(pathlib.Path(name), counts, 3, (16, 30))
            tailbit("data", "import", "folder", name, "--data-dir", "sets")
        check_grid("table3", 5)
        for place in ("whole", "killed"):
            os.rename(place, f"{place}3")
        check_grid("table4", 10)
        check_absent()
        os.chdir("/")


main()
