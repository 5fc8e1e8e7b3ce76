#!/usr/bin/env python3
"""Writes a small CSV of each finished run, from which tables.py makes the tables of the docs. export.py TAILBIT CPU RUN.h5...

CPU says where the run was made, in the words of the docs. STEM.csv in this folder has at its head lines "# key: value": what was
run, by which program, the paper's number for it, and the errors of the last and of the best epoch; then a row an epoch. Of a run
with other options than the defaults it also has these, and of one with held-out examples their errors after the last epoch."""
import csv
import io
import json
import os
import subprocess
import sys

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = ("data", "imbalance", "rho", "remove_frac", "method", "model", "glove", "epochs", "warmup", "eval_every", "seed", "isa")
EPOCHS = ("lr", "train_loss", "train_error", "test_error")
ERRORS = ("error", "many_error", "medium_error", "few_error")


def beside_paper(tailbit, path):
    """The number that the paper prints for this run, "" where it prints none, and the options that are not the defaults, if any."""
    said = subprocess.run([tailbit, "table", path, "--format", "json"], capture_output=True, text=True, check=True).stdout
    (cell,) = json.loads(said)["cells"]
    found = [figure["paper"] for figure in cell["figures"] if figure.get("paper") is not None]
    return {"paper": f"{found[0]:g}" if found else ""} | ({"differences": cell["note"]} if cell.get("note") else {})


def each(errors):
    return " ".join(f"{error:.6g}" for error in errors)


def head_of(tailbit, cpu, path, file):
    config, final = file["config"].attrs, file["final"]
    starts = [start.attrs for start in file["env"].values()]
    head = {key: config[key] for key in CONFIG if key in config}
    head |= beside_paper(tailbit, path)
    head |= {
        "commit": " ".join(dict.fromkeys(start["commit"] for start in starts)),
        "starts": len(starts),
        "cpu": cpu,
        "hours": f"{np.sum(file['timing/seconds'][:]) / 3600:.1f}",
        "data_sha256": file["data"].attrs["sha256"],
        "subset_sha256": file["split"].attrs["sha256"],
        "run_digest": file.attrs["digest"],
    }
    for i, which in enumerate(("last", "best")):
        head[f"{which}_epoch"] = int(final["epoch"][i]) + 1
        head |= {f"{which}_{name}": f"{final[name][i]:.6g}" for name in ERRORS}
    head["class_counts"] = " ".join(map(str, file["split/class_counts"][:]))
    head["class_error"] = each(final["class_error"][:])
    if config.get("validation_frac", 0) > 0:
        head["held_out_class_error"] = each(file["epochs/validation_class_error"][-1])
        head["train_class_error"] = each(file["epochs/train_class_error"][-1])
    return head


def write_run(tailbit, cpu, path):
    name = os.path.join(HERE, os.path.basename(path)[:-3] + ".csv")
    with h5py.File(path, "r") as file:
        head = head_of(tailbit, cpu, path, file)  # before anything is written: its tailbit may fail
        out = io.StringIO()
        out.writelines(f"# {key}: {value}\n" for key, value in head.items())
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["epoch", *EPOCHS])
        for e, values in enumerate(zip(*(file["epochs"][key][:] for key in EPOCHS)), 1):
            rows.writerow([e, *("" if np.isnan(value) else f"{value:.6g}" for value in values)])
    with open(f"{name}.tmp", "w", encoding="utf-8") as file:
        file.write(out.getvalue())
    os.replace(f"{name}.tmp", name)
    print(name)


for run in sys.argv[3:]:
    write_run(sys.argv[1], sys.argv[2], run)
