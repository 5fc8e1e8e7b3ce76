#!/usr/bin/env python3
"""Makes the tables of the runs in this folder's CSV files, in README.md and docs. tables.py [--check]

A table stands between "<!-- evidence: NAME -->" and "<!-- end -->". --check changes nothing, and fails where a page has other
lines than these files give. A mean is over seeds, with the sample standard deviation where there are two or more."""
import glob
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGES = ("README.md", "docs/reproduction.md", "docs/short-runs.md", "docs/text-study.md")
METHODS = "ERM Focal LDAM CB-RS CB-RW CB-Focal HG-DRS LDAM-HG-DRS M-DRW LDAM-DRW RS RW ERM-DRW ERM-DRS".split()
BLOCK = re.compile(r"(<!-- evidence: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def read_head(path):
    with open(path, encoding="utf-8") as file:
        return dict(line[2:].rstrip("\n").split(": ", 1) for line in file if line.startswith("# "))


def percent(text):
    return "-" if text == "nan" else f"{100 * float(text):.2f}"


def mean(runs, key):
    values = [100 * float(run[key]) for run in runs]
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return statistics.fmean(values), f"{statistics.fmean(values):.2f}{spread}"


def is_full(run):
    """Whether it has the paper's recipe, and its number of epochs."""
    return run["data"] != "imdb" and "differences" not in run


def groups_of(runs):
    """Runs of one recipe, in the paper's order; their seeds may have other programs and instruction sets, which by_run names."""
    groups = {}
    for run in runs:
        groups.setdefault((run["data"], run["imbalance"], run["rho"], METHODS.index(run["method"]), run.get("differences", "")), []).append(run)
    return [sorted(groups[key], key=lambda run: int(run["seed"])) for key in sorted(groups)]


def by_method(runs):
    """Mean over the seeds beside the paper."""
    yield "| data | method | seeds | error | best epoch | many | medium | the paper | difference |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for group in groups_of(filter(is_full, runs)):
        run, (value, error) = group[0], mean(group, "last_error")
        paper = float(run["paper"])
        cells = [f"{run['data']}, {run['imbalance']}, {float(run['rho']):g}", run["method"], len(group), error, mean(group, "best_error")[1]]
        cells += [mean(group, "last_many_error")[1], mean(group, "last_medium_error")[1], f"{paper:.2f}", f"{value - paper:+.2f}"]
        yield f"| {' | '.join(map(str, cells))} |"


def by_run(runs):
    """What makes a run checkable."""
    yield "| method | seed | last epoch | best epoch | program | isa | CPU | digest of the run |"
    yield "|---|---|---|---|---|---|---|---|"
    for group in groups_of(filter(is_full, runs)):
        for run in group:
            best = f"{percent(run['best_error'])} ({run['best_epoch']})"
            cells = [run["method"], run["seed"], percent(run["last_error"]), best, run["commit"][:7], run["isa"], run["cpu"]]
            yield f"| {' | '.join(cells)} | `{run['run_digest']}` |"


def by_shortened(runs):
    """Image runs of fewer epochs, all of one number."""
    yield "| method | seed numbers | error | best epoch | many | medium | digests of the runs |"
    yield "|---|---|---|---|---|---|---|"
    for group in groups_of(run for run in runs if run["data"] != "imdb" and not is_full(run)):
        cells = [group[0]["method"], " ".join(run["seed"] for run in group)]
        cells += [mean(group, f"{key}_error")[1] for key in ("last", "best", "last_many", "last_medium")]
        cells.append(", ".join(f"`{run['run_digest']}`" for run in group))
        yield f"| {' | '.join(cells)} |"


def changed_options(run):
    """What a row of by_option has besides its word vectors: the options that are not the defaults."""
    changed = re.findall(r"(\w+) (\S+) instead of", run.get("differences", ""))
    return [f"`--{key.replace('_', '-')} {value}`" for key, value in changed if key not in ("glove", "validation_frac")]


def by_option(runs):
    """Text: what an option does to the held-out reviews, by which options are chosen, and to the test reviews."""
    yield "| method | word vectors | options | seed | held out: neg, pos, mean | test: neg, pos, mean | training: neg, pos | digest of the run |"
    yield "|---|---|---|---|---|---|---|---|"
    text = [run for run in runs if run["data"] == "imdb"]
    for run in sorted(text, key=lambda run: (METHODS.index(run["method"]), "glove" in run, changed_options(run), int(run["seed"]))):
        held_out, test, training = ([float(error) for error in run[f"{name}class_error"].split()] for name in ("held_out_", "", "train_"))
        errors = ([*held_out, statistics.fmean(held_out)], [*test, statistics.fmean(test)], training)
        cells = [run["method"], "GloVe" if "glove" in run else "drawn", ", ".join(changed_options(run)) or "defaults", run["seed"]]
        cells += [", ".join(map(percent, row)) for row in errors]
        yield f"| {' | '.join(cells)} | `{run['run_digest']}` |"


TABLES = {"methods": by_method, "runs": by_run, "shortened": by_shortened, "options": by_option}


def main():
    runs = [read_head(path) for path in sorted(glob.glob(f"{HERE}/*.csv"))]
    wrong = []
    for page in PAGES:
        path = os.path.join(ROOT, page)
        with open(path, encoding="utf-8") as file:
            old = file.read()
        new = BLOCK.sub(lambda block: block[1] + "\n".join(TABLES[block[2]](runs)) + "\n" + block[4], old)
        if new != old and "--check" in sys.argv:
            wrong.append(f"{page}: a table is not that of docs/evidence/*.csv; docs/evidence/tables.py writes it")
        elif new != old:
            with open(path, "w", encoding="utf-8") as file:
                file.write(new)
    if not runs or not all(BLOCK.search(open(os.path.join(ROOT, page), encoding="utf-8").read()) for page in PAGES):
        wrong.append("no run, or a page without a table: nothing was checked")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
