#!/usr/bin/env python3
"""No reader shows a number, or a place of one, that was changed after tailbit wrote it. Arguments: tailbit, seal (tests/results/)."""
import os
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

TAILBIT, SEAL = map(os.path.abspath, sys.argv[1:])
GRID = "axes:\n  method: [ERM]\ndata: shapes:20:5\nrho: 5\nmodel: resnet8\nbatch: 16\nepochs: 2\n"
STEM = "shapes-20-5-long-tailed-5-ERM-seed0"
SAID = "was changed after tailbit wrote it"


def run(*words, code=0):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, (words, done)
    return done.stdout + done.stderr


def set_attribute(path, name, value):
    """The same type as before, so that only the value is another one."""
    old = path.attrs[name]
    path.attrs.modify(name, value if isinstance(old, str) else type(old)(value))


def first_element(f, name):
    data = f[name][...]
    data.flat[0] += 1
    f[name][...] = data


def yaml(f):
    text = f["config/yaml"].asstr()[()]
    f["config/yaml"][()] = text.replace("rho: 5", "rho: 9").encode()


# What is changed, and whether status and grid look at it too.
CHANGES = {
    "config@data": (lambda f: set_attribute(f["config"], "data", "cifar10"), False),
    "config@method": (lambda f: set_attribute(f["config"], "method", "RW"), False),
    "config@seed": (lambda f: set_attribute(f["config"], "seed", 1), False),
    "config without rho": (lambda f: f["config"].attrs.__delitem__("rho"), False),
    "config with more": (lambda f: f["config"].attrs.__setitem__("validation_frac", 0.25), False),
    "yaml": (yaml, True),
    "data@name": (lambda f: set_attribute(f["data"], "name", "cifar10"), False),
    "data@verified": (lambda f: f["data"].attrs.modify("verified", np.bool_(False)), False),
    "data@sha256": (lambda f: set_attribute(f["data"], "sha256", "0" * 64), True),
    "epochs@planned": (lambda f: set_attribute(f["epochs"], "planned", 3), True),
    "test_error": (lambda f: f["epochs/test_error"].__setitem__(-1, 0.01), True),
    "class counts": (lambda f: first_element(f, "split/class_counts"), False),
    "confusion": (lambda f: first_element(f, "final/confusion"), False),
    "margins": (lambda f: first_element(f, "margins/margin"), False),
    "a later array": (lambda f: f.__delitem__("epochs/test_calibration_error"), False),
    "no final": (lambda f: f.__delitem__("final"), True),
}
MACHINE = {  # only the report and info show it; no digest covers it
    "env": (lambda f: set_attribute(f["env/start-0000"], "host", "elsewhere"), False),
    "seconds": (lambda f: f["timing/seconds"].__setitem__(0, 1.5), True),
    "memory": (lambda f: set_attribute(f["timing"], "peak_memory_bytes", 1), False),
}


def change(name, how):
    shutil.copyfile("whole.h5", f"g/{STEM}.h5")
    with h5py.File(f"g/{STEM}.h5", "r+") as f:
        how(f)
    return name


def expect_refused(name, everywhere):
    for words in (["info", f"g/{STEM}.h5"], ["report", "g"]) + ((["table", "g"], ["figure", "all", "g"]) if name not in MACHINE else ()):
        said = run(*words, code=3)
        if words[0] == "report":
            with open("g/report.html", encoding="utf-8") as f:
                said = f.read()
        assert SAID in said, (name, words, said)
        assert "90." not in said and "instead of" not in said, (name, words, said)
    status = run("status", "g")
    assert ("unreadable" in status and SAID in status) == everywhere, (name, status)
    if everywhere:
        said = run("grid", "grid.yaml", "--out", "g", code=1)
        assert "unreadable" in said and SAID in said, (name, said)


def check_older():
    """A file without checksums: everything but status checks it by its digest."""
    shutil.copyfile("whole.h5", f"g/{STEM}.h5")
    subprocess.run([SEAL, "--older", f"g/{STEM}.h5"], check=True)
    run("info", f"g/{STEM}.h5")
    assert "ERM" in run("table", "g")
    assert "not checked" in run("status", "g")
    assert "1 job done (0 now)" in run("grid", "grid.yaml", "--out", "g")
    with h5py.File(f"g/{STEM}.h5", "r+") as f:
        f["epochs/test_error"][-1] = 0.01
    for words, code in ((["info", f"g/{STEM}.h5"], 3), (["table", "g"], 3), (["grid", "grid.yaml", "--out", "g"], 1)):
        assert SAID in run(*words, code=code), words
    assert "not checked" in run("status", "g")


def check_probe():
    """A changed probe file is probed again, not taken."""
    probe = f"g/{STEM}.at-drop-paper.probe.h5"
    with open("probed.yaml", "w", encoding="utf-8") as f:
        f.write(GRID + "probe: at-drop\n")
    shutil.copyfile("whole.h5", f"g/{STEM}.h5")
    assert "1 job probed (1 now)" in run("grid", "probed.yaml", "--out", "g")
    assert "1 job probed (0 now)" in run("grid", "probed.yaml", "--out", "g")
    with h5py.File(probe, "r+") as f:
        set_attribute(f["probe"], "epoch", 7)
    assert "1 job probed (1 now)" in run("grid", "probed.yaml", "--out", "g")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("grid.yaml", "w", encoding="utf-8") as f:
            f.write(GRID)
        run("grid", "grid.yaml", "--out", "g")
        shutil.copyfile(f"g/{STEM}.h5", "whole.h5")
        for name, (how, everywhere) in {**CHANGES, **MACHINE}.items():
            expect_refused(change(name, how), everywhere)
        check_older()
        check_probe()
        os.chdir("/")
    print(f"{len(CHANGES) + len(MACHINE)} changes are refused by every reader")


main()
