#!/usr/bin/env python3
"""What train and grid show while they work, what they leave behind, and the names that train chooses by itself. watch.py TAILBIT"""
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time

import h5py

TAILBIT = os.path.abspath(sys.argv[1])
TINY = ["--data", "shapes:10:5", "--rho", "5", "--model", "resnet8", "--batch", "16", "--threads", "1"]
LINE = (
    r"epoch {e}/{E} lr \S+ loss \d+\.\d{{4}} train error \S+% test error \S+% worst \w+ \S+% \d+ images/s \d+s{left}"
)


def run(*words, code=0, said=""):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, (words, done)
    assert said in done.stdout + done.stderr, (words, said, done)
    return done


def on_terminal(*words):
    """What a command writes to a terminal, both streams together."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(TAILBIT, [TAILBIT, *words])
    seen = b""
    try:
        while more := os.read(terminal, 4096):
            seen += more
    except OSError:  # the end, on Linux
        pass
    assert os.waitpid(child, 0)[1] == 0, seen
    os.close(terminal)
    return seen.decode()


def plain_lines(text):
    """The lines that stay on a terminal: what is wiped is dropped."""
    return [re.sub(r".*\x1b\[[JK]", "", line).split("\r")[-1] for line in re.sub(r"\r\n", "\n", text).split("\n")]


def check_epoch_lines(lines, epochs):
    found = [line for line in lines if line.startswith("epoch ")]
    assert len(found) == epochs, lines
    for e, line in enumerate(found, 1):
        left = r", \d+s left" if e < epochs else ""
        assert re.fullmatch(LINE.format(e=e, E=epochs, left=left), line), line


def check_train():
    out = ["--epochs", "3", "--out", "a/run.h5"]
    seen = on_terminal("train", *TINY, *out, "--method", "LDAM")
    check_epoch_lines(plain_lines(seen), 3)
    assert re.search(r"LDAM \[#+\.*\] +\d+% \d/9 ETA \S+ epoch \d/3", seen), seen
    assert seen.rstrip().endswith("next: tailbit table a; tailbit report a"), seen
    assert sorted(os.listdir("a")) == ["run.h5"], os.listdir("a")
    piped = run("train", *TINY, "--epochs", "3", "--out", "piped.h5", "--method", "LDAM")
    check_epoch_lines(piped.stdout.split("\n"), 3)
    assert piped.stderr == "", piped
    done = run("train", *TINY, *out, "--method", "LDAM", said="already finished: a/run.h5\nnext: tailbit table a")
    assert "epoch 1/3" not in done.stdout and sorted(os.listdir("a")) == ["run.h5"], done
    run("train", *TINY, "--epochs", "4", "--out", "a/run.h5", "--method", "LDAM", code=2, said="a run cannot be lengthened")


def read_log(name):
    with open(name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_log():
    words = ["train", *TINY, "--epochs", "4", "--method", "ERM", "--eval-every", "3", "--out", "logged.h5", "--log", "logs/a.jsonl"]
    run(*words)
    rows = read_log("logs/a.jsonl")
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4] and {row["epochs"] for row in rows} == {4}, rows
    assert [row["test_error"] is None for row in rows] == [True, True, False, False], rows
    with h5py.File("logged.h5", "r") as file:
        for name, key in (("lr", "lr"), ("train_loss", "train_loss"), ("train_error", "train_error")):
            assert [row[key] for row in rows] == list(file["epochs"][name]), (name, rows)
        assert rows[3]["test_class_error"] == list(file["epochs/test_class_error"][3]), rows[3]
        assert [row["seconds"] for row in rows] == list(file["timing/seconds"]), rows
    assert rows[3]["left_s"] == 0 and rows[0]["left_s"] == 3 * rows[0]["seconds"], rows
    os.remove("logs/a.jsonl")
    run(*words, said="already finished")
    assert read_log("logs/a.jsonl") == rows, "the log of a finished run"
    other = [word if word != "ERM" else "LDAM" for word in words]
    other[other.index("logged.h5")] = "other.h5"
    run(*other, code=2, said="is no tailbit --log of this run file")
    with open("mine.jsonl", "w", encoding="utf-8") as file:
        file.write('{"mine": 1}\n')
    run("train", *TINY, "--method", "ERM", "--out", "none/b.h5", "--log", "mine.jsonl", code=2, said="is no tailbit --log file")
    assert not os.path.exists("none"), "begun before the log was looked at"


    for log in ("b.h5", "./b.h5", "b.h5.lock"):
        run("train", *TINY, "--method", "ERM", "--out", "b.h5", "--log", log, code=2, said="expected another place")
    assert not os.path.exists("b.h5.lock")


def wait_for_line(child, begin):
    """The first line that begins so; a child that ends without one fails."""
    for line in child.stdout:
        if line.startswith(begin):
            return line
    raise AssertionError((begin, child.wait()))


def check_log_after_the_last_epoch():
    """A run that is stopped behind its last epoch, or at any moment, has a line an epoch after the same command."""
    words = ["train", *TINY[2:], "--data", "shapes:200:300", "--epochs", "2", "--method", "ERM", "--out", "late.h5", "--log", "late.jsonl"]
    with subprocess.Popen([TAILBIT, *words], stdout=subprocess.PIPE, text=True) as child:
        wait_for_line(child, "epoch 2/2")
        child.send_signal(signal.SIGTERM)
        child.stdout.read()
    assert child.returncode in (0, 75), child
    run(*words)
    assert [row["epoch"] for row in read_log("late.jsonl")] == [1, 2], read_log("late.jsonl")


def check_log_after_a_kill():
    """A log that is epochs ahead of its run file, and was cut in a line, is whole after the same command."""
    words = ["train", *TINY, "--epochs", "200", "--method", "ERM", "--out", "killed.h5", "--log", "killed.jsonl"]
    with subprocess.Popen([TAILBIT, *words], stdout=subprocess.DEVNULL) as child:
        while not os.path.exists("killed.jsonl") or len(read_log("killed.jsonl")) < 3:
            time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    with open("killed.jsonl", "a", encoding="utf-8") as file:
        last = read_log("killed.jsonl")[-1]
        file.write("".join(json.dumps(last | {"epoch": last["epoch"] + more}) + "\n" for more in (1, 2)) + '{"tailbit": "epoch", "epo')
    with subprocess.Popen([TAILBIT, *words], stdout=subprocess.PIPE, text=True) as child:
        line = wait_for_line(child, "epoch ")
        time.sleep(0.2)
        child.send_signal(signal.SIGTERM)
        child.stdout.read()
    epochs = [row["epoch"] for row in read_log("killed.jsonl")]
    assert epochs == list(range(1, len(epochs) + 1)) and len(epochs) >= int(re.match(r"epoch (\d+)/", line)[1]), (line, epochs)


def check_grid():
    with open("g.yaml", "w", encoding="utf-8") as file:
        file.write("axes:\n  method: [ERM, LDAM]\ndata: shapes:40:5\nrho: 5\nmodel: resnet8\nbatch: 16\nepochs: 16\n")
    seen = on_terminal("grid", "g.yaml", "--out", "cells", "--threads", "2", "--jobs", "2")
    stem = "shapes-40-5-long-tailed-5-ERM-seed0"
    for words in (
        rf"\[1/2\] start {stem}: 1 CPU",
        rf"  {stem}: epoch \d+/16, test error \d+\.\d+%, \d+s left",
        r"\d of 2 jobs done",
        rf"\[1/2\] done {stem}: \d+s, test error \d+\.\d+%",
        r"next: tailbit table cells; tailbit report cells",
    ):
        assert re.search(words, seen), (words, seen)
    assert not [name for name in os.listdir("cells") if name.endswith(".lock")], os.listdir("cells")
    assert plain_lines(seen)[-2].startswith("next: "), seen


def check_names():
    run("train", *TINY, "--method", "ERM", "--epochs", "1", "--lr", "0.050")
    run("train", *TINY, "--method", "ERM", "--epochs", "1", "--lr", "0.1")
    stem = "shapes-10-5-long-tailed-5-ERM-seed0-model-resnet8-epochs-1-batch-16"
    assert sorted(os.listdir("runs")) == [stem + "-lr-0.05.h5", stem + ".h5"], os.listdir("runs")
    run("export", f"runs/{stem}.h5", "--csv", "--out", "csv")
    run("train", "--config", "csv/config.yaml", said=f"already finished: runs/{stem}.h5")


def check_next_is_a_command():
    done = run("train", *TINY, "--method", "ERM", "--epochs", "1", "--out", "it's here/a.h5")
    assert done.stdout.endswith("next: tailbit table 'it'\\''s here'; tailbit report 'it'\\''s here'\n"), done.stdout
    for name, why in (("plain", "does not end in .h5"), (".a.h5", "begins with a dot")):
        done = run("train", *TINY, "--method", "ERM", "--epochs", "1", "--out", f"other/{name}", said=f"its name {why}\n")
        assert f"next: tailbit table other/{name}; " in done.stdout and "ERM" in run("table", f"other/{name}").stdout, done.stdout
    for verb in ("report", "figure"):
        run(verb, "it's here/a.h5", code=3, said="is a file, expected a folder of run files")


def check_nothing_is_left():
    for words, said in (
        (["--data", "none/", "--method", "ERM"], "none/: missing, expected an HDF5 file"),
        (["--data", "none.h5", "--method", "ERM"], "none.h5: missing, expected an HDF5 file"),
        (["--data", "reviews:20:5", "--method", "ERM", "--glove", "none.txt"], "none.txt"),
        ([*TINY, "--method", "ERM", "--lr", "0.1", "--lr", "0.2"], "--lr stands twice"),
        ([*TINY, "--method", "ERM", "--method=ERM"], "--method stands twice"),
    ):
        done = subprocess.run([TAILBIT, "train", *words, "--out", "left/run.h5"], capture_output=True, text=True, check=False)
        assert done.returncode in (2, 3) and said in done.stderr and not os.path.exists("left"), (words, done)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for check in (check_train, check_log, check_log_after_the_last_epoch, check_log_after_a_kill, check_grid, check_names, check_next_is_a_command, check_nothing_is_left):
            begin = time.monotonic()
            check()
            print(f"{check.__name__}: {time.monotonic() - begin:.1f} s")


main()
