#!/usr/bin/env python3
"""ResNet-18 and -50 through the program: the same bits for any number of threads, after kill -9, and whether or not the forward pass
is computed again; batch norm by groups; which convolutions oneDNN makes. Arguments: tailbit."""
import os
import re
import sys
import tempfile

import pages

import h5py

TAILBIT = os.path.abspath(sys.argv[1])
GROUPED = {
    "resnet18": ("--data", "shapes:6:2:20", "--rho", "2", "--method", "LDAM-DRW", "--epochs", "2", "--switch", "1", "--bn-group", "8"),
    "resnet50": ("--data", "shapes:2:1:24", "--rho", "2", "--method", "ERM", "--epochs", "1", "--stem", "7x7", "--lr", "0.001", "--bn-group", "4"),
}


def tailbit(*words, code=0):
    done = pages.run(TAILBIT, *words)
    assert done.returncode == code, done
    return done


def train(model, out, *more, code=0):
    return tailbit("train", "--model", model, *GROUPED[model], "--batch", "12", "--warmup", "0", "--out", out, *more, code=code)


def starts(path):
    """Whether each start of the run recomputed."""
    with h5py.File(path) as file:
        return [start.attrs.get("recompute", "no") for start in file["env"].values()]


def check_bits(model, threads):
    train(model, "one.h5", "--threads", "1")
    for number, more in threads:
        train(model, "many.h5", "--threads", number, *more)
        assert starts("many.h5") == ["yes" if more else "no"]
        tailbit("compare", "one.h5", "many.h5")
        os.remove("many.h5")


def check_kill():
    """Killed inside its second check-point, it goes on to the same bits, with other threads and without what it kept."""
    os.environ["TAILBIT_TEST_ABORT_AFTER"] = "130"  # a call a MiB, of about 90
    train("resnet18", "killed.h5", "--save-every", "1step", code=-9)
    del os.environ["TAILBIT_TEST_ABORT_AFTER"]
    assert "resumed" in train("resnet18", "killed.h5", "--threads", "3", "--recompute").stdout
    tailbit("compare", "one.h5", "killed.h5")
    assert starts("killed.h5") == ["no", "yes"]
    whole_batch = [word for word in GROUPED["resnet18"] if word not in ("--bn-group", "8")]
    refused = tailbit("train", "--model", "resnet18", *whole_batch, "--batch", "12", "--warmup", "0", "--out", "killed.h5", code=2)
    assert "bn_group 8, this command has 0" in refused.stderr, refused


def check_implementations():
    """Every convolution of both networks at 64 pixels is one of the two that nn/conv.c names; oneDNN says which it made."""
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
        check_bits("resnet50", [("3", ["--recompute"])])
        os.remove("one.h5")
        check_bits("resnet18", [("3", ["--recompute"]), ("8", [])])
        check_kill()
        check_implementations()
        check_grid()
        check_refusals()
        os.chdir("/")


main()
