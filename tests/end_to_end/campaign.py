#!/usr/bin/env python3
"""Runs that are ended at random moments, by signals, full disks and limits, and go on: none is lost.

Lost is a run whose command, given again, does not end with the bits of a run that nothing disturbed, begins before the last
check-point that lay on the disk, or leaves a file beside its own. Arguments: tailbit, trials of each kind, trials of a grid,
epochs of a run, seed (default 0), kinds (default all: SIGKILL SIGHUP SIGUSR2 SIGXCPU pipe size disk grid)."""
import contextlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import h5py

TAILBIT, TRIALS, GRIDS, EPOCHS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
DRAW = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 0)
KINDS = sys.argv[6:]
OPTIONS = ["--data", "shapes:20:5", "--rho", "5", "--model", "resnet8", "--batch", "19", "--threads", "1", "--epochs", EPOCHS]
GRID = f"axes:\n  method: [ERM, LDAM-DRW]\ndata: shapes:20:5\nrho: 5\nmodel: resnet8\nbatch: 19\nepochs: {EPOCHS}\n"
STOPS = [signal.SIGHUP, signal.SIGUSR2, signal.SIGXCPU]


class Lost(Exception):
    """A run that did not survive, and why."""


def demand(condition, *why):
    if not condition:
        raise Lost(" ".join(str(part) for part in why))


def train(path):
    return [TAILBIT, "train", *OPTIONS, "--method", "LDAM-DRW", "--out", path, "--save-every", DRAW.choice(["1step", "4step"])]


def grid(folder):
    return [TAILBIT, "grid", os.path.join(os.path.dirname(folder), "grid.yaml"), "--out", folder, "--threads", "2", "--jobs", "2", "--save-every", "1step"]


def call(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)


def check_point(path):
    """Where the file stands: (epoch, step), None where there is none."""
    if not os.path.exists(path):
        return None
    with h5py.File(path, "r") as file:
        return int(file["state"].attrs["epoch"]), int(file["state"].attrs["step"])


def go_on(path, reference):
    """The same command again, to its end."""
    stands = check_point(path)
    done = call(train(path))
    demand(done.returncode == 0, "going on ended with", done.returncode, done.stderr)
    found = re.search(r"^resumed in epoch (\d+) of \d+ after step (\d+) of \d+$", done.stdout, re.MULTILINE)
    if "already finished" in done.stdout or "resumed after the last epoch" in done.stdout:
        demand(stands == (int(EPOCHS), 0), "at its end, but the file stood at", stands)
    elif stands not in (None, (0, 0)):
        demand(found and (int(found[1]) - 1, int(found[2])) == stands, "began again from", found and found[0], "not from", stands)
    finish(path, reference)


def finish(path, reference):
    same = call([TAILBIT, "compare", path, reference])
    demand(same.returncode == 0, "other bits:", same.stdout, same.stderr)
    left = os.listdir(os.path.dirname(path))
    demand(left == ["run.h5"], "left behind:", left)


def interrupt(command, number, seconds):
    """The exit code of a command that gets the signal after a while."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        time.sleep(DRAW.uniform(0, seconds))
        child.send_signal(number)
        said = child.communicate()[1]
    return child.returncode, said


def by_signal(number):
    def trial(folder, reference, seconds):
        path = os.path.join(folder, "run.h5")
        code, said = interrupt(train(path), number, seconds)
        # The signal itself ends a program that has not begun to listen.
        demand(code in (0, 75, -number), "exit code", code, said)
        demand(code != -number or number == signal.SIGKILL or check_point(path) is None, "killed while it trained")
        go_on(path, reference)

    return trial


def by_pipe(folder, reference, seconds):
    path = os.path.join(folder, "run.h5")
    with subprocess.Popen(train(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        time.sleep(DRAW.uniform(0, seconds))
        child.stdout.close()
        said = child.stderr.read()
        code = child.wait()
    demand(code == 0 and not said, "exit code", code, said)
    finish(path, reference)


def by_size(folder, reference, _seconds):
    path = os.path.join(folder, "run.h5")
    limit = DRAW.randrange(int(1.1 * os.path.getsize(reference)))
    done = call(train(path), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    demand(done.returncode in (0, 4), "exit code", done.returncode, done.stderr)
    demand(done.returncode == 0 or "size limit is full" in done.stderr, "said", done.stderr)
    go_on(path, reference)


def by_disk(folder, reference, _seconds):
    path = os.path.join(folder, "disk", "run.h5")
    os.mkdir(os.path.dirname(path))
    size = 4096 + DRAW.randrange(int(2.2 * os.path.getsize(reference)))  # the old file and the new one beside it
    demand(call(["mount", "-t", "tmpfs", "-o", f"size={size}", "tailbit", os.path.dirname(path)]).returncode == 0, "no tmpfs")
    try:
        done = call(train(path))
        demand(done.returncode in (0, 4), "exit code", done.returncode, done.stderr)
        demand(call(["mount", "-o", "remount,size=64m", os.path.dirname(path)]).returncode == 0, "no remount")
        go_on(path, reference)
    finally:
        call(["umount", os.path.dirname(path)])


def by_grid(folder, reference, seconds):
    cells = os.path.join(folder, "cells")
    with open(os.path.join(folder, "grid.yaml"), "w", encoding="utf-8") as file:
        file.write(GRID)
    number = DRAW.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGPIPE, *STOPS])
    code, said = interrupt(grid(cells), number, seconds)
    demand(code in (0, 75, -number), "exit code", code, said)
    done = call(grid(cells))
    demand(done.returncode == 0, signal.Signals(number).name, "then", done.returncode, done.stdout, done.stderr)
    same = call([TAILBIT, "compare", cells, reference])
    demand(same.returncode == 0, "other bits:", same.stdout, same.stderr)


def can_mount():
    """Mounts of this process's own, seen by no other."""
    try:
        os.unshare(os.CLONE_NEWNS)
    except (AttributeError, OSError):
        return False
    return call(["mount", "--make-rprivate", "/"]).returncode == 0 or call(["mount", "--make-rprivate", "/tmp"]).returncode == 0


def run_trials(name, trial, count, reference, seconds):
    """How many of them lost the run."""
    lost = 0
    begin = time.monotonic()
    for i in range(count):
        folder = tempfile.mkdtemp(prefix="tailbit-campaign-")
        try:
            trial(folder, reference, seconds)
        except Lost as why:
            lost += 1
            print(f"{name}, trial {i}: {why}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{name}: {lost} of {count} runs lost, {time.monotonic() - begin:.0f} s", flush=True)
    return lost


def timed(command):
    begin = time.monotonic()
    done = call(command)
    demand(done.returncode == 0, done.stdout, done.stderr)
    return time.monotonic() - begin


def main():
    lost = 0
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="tailbit-campaign-"))
        reference, cells = os.path.join(home, "run.h5"), os.path.join(home, "cells")
        seconds = timed(train(reference))
        with open(os.path.join(home, "grid.yaml"), "w", encoding="utf-8") as file:
            file.write(GRID)
        grid_seconds = timed(grid(cells))
        print(f"a run of {seconds:.1f} s, a grid of {grid_seconds:.1f} s", flush=True)
        trials = {number.name: (number.name, by_signal(number)) for number in [signal.SIGKILL, *STOPS]}
        trials |= {"pipe": ("a pipe without a reader", by_pipe), "size": ("a limit on file sizes", by_size), "disk": ("a full disk", by_disk)}
        for kind, (name, trial) in trials.items():
            if KINDS and kind not in KINDS:
                continue
            if kind == "disk" and not can_mount():
                print("a full disk: not tried, no private mounts here")
                continue
            lost += run_trials(name, trial, TRIALS, reference, seconds)
        if not KINDS or "grid" in KINDS:
            lost += run_trials("a grid", by_grid, GRIDS, cells, grid_seconds)
    sys.exit(1 if lost else 0)


main()
