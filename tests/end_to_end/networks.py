#!/usr/bin/env python3
"""ResNet-18 and -50 through the program: the same bits for any number of threads, after kill -9, and whether or not the forward pass
is computed again; batch norm by groups; which convolutions oneDNN makes. Arguments: tailbit ["long"]. With "long" only what ResNet-50's
files of 200 MB make slow: that it is killed, and AVX2 on a CPU that has AVX-512."""
import os
import re
import subprocess
import sys
import tempfile

import pages

import h5py

TAILBIT = os.path.abspath(sys.argv[1])
GROUPED = {
    "resnet18": ("--data", "shapes:6:2:20", "--rho", "2", "--method", "LDAM-DRW", "--epochs", "2", "--switch", "1", "--batch", "12", "--bn-group", "8"),
    "resnet50": ("--data", "shapes:2:1:24", "--rho", "2", "--method", "ERM", "--epochs", "1", "--stem", "7x7", "--lr", "0.001", "--batch", "8", "--bn-group", "4"),
}


def tailbit(*words, code=0):
    done = pages.run(TAILBIT, *words)
    assert done.returncode == code, done
    return done


def train(model, out, *more, code=0):
    return tailbit("train", "--model", model, *GROUPED[model], "--warmup", "0", "--out", out, *more, code=code)


def starts(path):
    """Whether each start of the run recomputed."""
    with h5py.File(path) as file:
        return [start.attrs.get("recompute", "no") for start in file["env"].values()]


def check_bits(model, threads, isa="auto"):
    train(model, "one.h5", "--threads", "1", "--isa", isa)
    for number, more in threads:
        train(model, "many.h5", "--threads", number, "--isa", isa, *more)
        assert starts("many.h5") == ["yes" if more else "no"]
        tailbit("compare", "one.h5", "many.h5")
        os.remove("many.h5")


def check_kill(model, calls):
    """Killed inside its second check-point, a call a MiB, it goes on to the same bits, with other threads and without what it kept."""
    os.environ["TAILBIT_TEST_ABORT_AFTER"] = calls
    train(model, "killed.h5", "--save-every", "1step", code=-9)
    del os.environ["TAILBIT_TEST_ABORT_AFTER"]
    assert "resumed" in train(model, "killed.h5", "--threads", "3", "--recompute").stdout
    tailbit("compare", "one.h5", "killed.h5")
    assert starts("killed.h5") == ["no", "yes"]
    whole_batch = [word for word in GROUPED[model] if word not in ("--bn-group", GROUPED[model][-1])]
    refused = tailbit("train", "--model", model, *whole_batch, "--warmup", "0", "--out", "killed.h5", code=2)
    assert f"bn_group {GROUPED[model][-1]}, this command has 0" in refused.stderr, refused
    os.remove("one.h5")
    os.remove("killed.h5")


def check_implementations():
    """oneDNN's convolutions in both networks at 64 pixels have one of the two names that nn/conv.c asks for; oneDNN says what it made."""
    os.environ["ONEDNN_VERBOSE"] = "profile_create"
    for model, stem in (("resnet18", "3x3"), ("resnet50", "7x7")):
        words = ("--data", "shapes:2:1", "--rho", "1", "--method", "ERM", "--image-size", "64", "--stem", stem, "--batch", "4", "--epochs", "1")
        done = tailbit("train", "--model", model, *words, "--warmup", "0", "--threads", "1", "--out", f"{model}.h5")
        names = set(re.findall(r",create:[^,]*,cpu,convolution,([^,]*),", done.stdout + done.stderr))
        assert names in ({"jit:avx512_core", "jit_1x1:avx512_core"}, {"jit:avx2", "jit_1x1:avx2"}), names
    del os.environ["ONEDNN_VERBOSE"]


def check_grid():
    """A grid's jobs recompute too, and the file says which groups batch norm had."""
    with open("bn.yaml", "w", encoding="utf-8") as file:
        file.write("axes:\n  bn_group: [0, 4]\ndata: shapes:4:2\nrho: 2\nmethod: ERM\nmodel: resnet8\nbatch: 8\nepochs: 1\n")
    done = tailbit("grid", "bn.yaml", "--out", "cells", "--threads", "1", "--recompute")
    assert "2 jobs done" in done.stdout, done
    assert "bn_group" in tailbit("table", "cells").stdout
    grouped = [f"cells/{name}" for name in os.listdir("cells") if name.endswith("bn_group-4.h5")]
    assert "bn_group: 4" in tailbit("info", *grouped).stdout and starts(*grouped) == ["yes"]
    said = [float(re.search("memory of a job: ([0-9.]+) MiB", tailbit("grid", "bn.yaml", "--out", "none", "--threads", "1", "--batch", "256",
                                                                      "--dry-run", *more).stdout)[1]) for more in ((), ("--recompute",))]  # fmt: skip
    assert said[1] < 0.9 * said[0], said


def train_in(limit, *words, code):
    """With an address space of so many MiB, which tailbit knows as one of the limits of its memory."""
    done = subprocess.run(["prlimit", f"--as={limit << 20}", TAILBIT, "train", *words, "--threads", "1", "--epochs", "1", "--warmup", "0", "--out",
                           "limited.h5"], capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == code, done
    if code != 0:
        assert done.stderr.count("\n") == 1 and not os.path.exists("limited.h5"), done
    else:
        os.remove("limited.h5")
    return done.stderr


def check_memory():
    """What does not fit in memory is refused before the first step, in one line; and what the line says would help does."""
    limit, words = 1500, ("--data", "shapes:4:1", "--imbalance", "none", "--method", "ERM", "--model", "resnet8", "--batch")
    said = train_in(limit, *words, "4000", code=4)
    advice = r"wants ([0-9.]+) GiB of memory and ([0-9.]+) GiB are available; .*: give --batch (\d+) or less, or --recompute with --batch (\d+) or less\n$"
    wanted, available, fits, fits_less = re.search(advice, said).groups()
    assert float(wanted) > float(available) and float(available) < limit / 1024 and int(fits_less) > 1.1 * int(fits), said
    said = train_in(limit, *words, str(int(fits) * 21 // 20), code=4)
    assert re.search(r"give --recompute, with which it wants [0-9.]+ GiB, or a smaller --batch\n$", said), said
    train_in(limit, *words, fits, code=0)
    train_in(limit, *words, fits_less, "--recompute", code=0)
    text = ("--data", "reviews:8:4", "--imbalance", "none", "--method", "ERM")
    said = train_in(limit, *text, "--hidden", "4096", code=4)
    assert said.endswith("bytes: give a smaller --hidden, --embedding or --vocabulary\n"), said
    train_in(limit, *text, "--hidden", "16", "--batch", "1000000", code=0)  # the memory of text does not grow with the batch


def check_refusals():
    images = ("--data", "shapes:4:2", "--rho", "2", "--method", "ERM", "--model", "resnet8", "--batch", "8")
    text = ("--data", "reviews:20:5", "--method", "ERM", "--imbalance", "none")
    for words, word in (
        ((*images, "--bn-group", "6"), "--bn-group 6, expected a multiple of --shard 4"),
        ((*images, "--bn-group", "12"), "at most --batch 8"),
        ((*images, "--keep-features"), "--keep-features has no effect with 10 classes"),
        ((*text, "--bn-group", "8"), "--bn-group has no effect with --model bilstm2"),
        ((*text, "--recompute"), "--recompute has no effect with --model bilstm2"),
    ):
        done = tailbit("train", *words, "--out", "none.h5", code=2)
        assert word in done.stderr and done.stderr.count("\n") == 1, done
    assert not os.path.exists("none.h5")
    for option in (("--bn-group", "64"), ("--recompute",)):
        assert "has no effect with --model bilstm2" in tailbit("bench", "--model", "bilstm2", *option, code=2).stderr


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if sys.argv[2:] == ["long"]:
            check_bits("resnet50", [("2", []), ("8", [])], "avx2")
            os.remove("one.h5")
            check_bits("resnet50", [("8", [])])
            check_kill("resnet50", "270")  # of about 190
        else:
            check_bits("resnet50", [("3", ["--recompute"])])
            os.remove("one.h5")
            check_bits("resnet18", [("2", ["--recompute"]), ("8", [])])
            check_kill("resnet18", "130")  # of about 90
            check_implementations()
            check_grid()
            check_refusals()
            check_memory()
        os.chdir("/")


main()
