#!/usr/bin/env python3
"""The bits of whole runs, from commit to commit: each run of the table frozen.txt is made again, and two values of it must be
the frozen ones. Arguments: tailbit, frozen.txt, and the library of other_caches.c, with which two runs are made as on CPUs that
report other caches.

numbers  BLAKE2b over path, type, shape and bytes of everything in the file but /config, /env, /timing and the root's attributes
whole    the file's own digest, which covers the configuration too (docs/file-format.md)

An instruction set that this CPU lacks cannot be checked: the last lines say so. "open" is a value that nobody has seen yet: the
test prints what it is here. docs/numerics.md says how a value is changed on purpose."""
import hashlib
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)

TAILBIT, TABLE, OTHER_CACHES = map(os.path.abspath, sys.argv[1:4])
IMAGES = "--model resnet8 --batch 16 --epochs 3"
RUNS = {  # name: what follows `tailbit`; each run writes NAME.h5
    "images-erm": f"train --data shapes:20:5 --rho 5 --method ERM {IMAGES}",
    "images-ldam-drw": "train --data shapes:20:5 --imbalance step --rho 5 --mu 0.4 --method LDAM-DRW --model resnet14 --batch 19 "
    "--epochs 5 --seed 1 --warmup 1 --drops 3,4 --switch 3",
    "images-rs": f"train --data shapes:20:5 --rho 5 --split-seed 3 --method RS {IMAGES} --warmup 0 --augment none",
    "images-hold-out": f"train --data shapes:30:5 --rho 3 --validation-frac 0.2 --method CB-Focal {IMAGES} --warmup 2 --seed 2",
    "images-known-test": f"train --data shapes:20:5 --rho 5 --method HG-DRS --test-order 1 --test-rho 3 {IMAGES} --warmup 1",
    "images-resnet18": "train --data shapes:6:2:20 --rho 2 --method LDAM-DRW --model resnet18 --batch 16 --epochs 2 --warmup 0 --switch 1",
    "images-resnet50": "train --data shapes:4:2:40 --rho 2 --method ERM --model resnet50 --stem 7x7 --batch 16 --epochs 2 --warmup 0",
    "text-ldam-drw": "train --data reviews:60:20 --method LDAM-DRW --epochs 4 --batch 24 --embedding 20 --hidden 32 --seed 3",
    "images-ldam-drw.probe": "probe images-ldam-drw.h5 --features at-drop --probe-seed 1",
}
ON_OTHER_CACHES = ("images-resnet18", "images-resnet50")  # together every kind of convolution
ANSWERS = "3.7."  # the oneDNN of which it is known that it asks other_caches.c
AVX512 = ("avx512f", "avx512bw", "avx512dq", "avx512vl")


def cpu():
    """(what the CPU is called, its flags)"""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    name = f"{fields['model name']}, family {fields['cpu family']} model {fields['model']}"
    return name, fields["flags"].split()


def add_value(digest, path, value):
    """Adds a name and what stands under it."""
    digest.update(path.encode() + b"\0")
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        for text in array.ravel():
            digest.update((text if isinstance(text, bytes) else str(text).encode()) + b"\0")
    else:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())


def numbers_of(path):
    digest = hashlib.blake2b(digest_size=16)
    with h5py.File(path, "r") as file:
        names = []
        file.visit(names.append)
        for name in sorted(names):
            if name.split("/")[0] in ("config", "env", "timing"):
                continue
            item = file[name]
            add_value(digest, name, item[()] if isinstance(item, h5py.Dataset) else "group")
            for attribute in sorted(set(item.attrs) - {"DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME"}):
                add_value(digest, f"{name}@{attribute}", item.attrs[attribute])
    return digest.hexdigest()


def whole_of(path):
    with h5py.File(path, "r") as file:
        return file.attrs["digest"]


def frozen_values():
    """(run, isa): (numbers, whole), as they stand in the table."""
    with open(TABLE, encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {(name, isa): (numbers, whole) for name, isa, numbers, whole in rows}


def make(name, isa, **environment):
    """What was found in the run NAME.h5, made anew, and what the program said."""
    words = [TAILBIT, *RUNS[name].split(), "--out", f"{name}.h5", "--threads", "2"]
    words += ["--isa", isa] if words[1] == "train" else []
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ | environment)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return (numbers_of(f"{name}.h5"), whole_of(f"{name}.h5")), done.stderr


def check(isa, frozen):
    """Makes every run on an instruction set. (lines about values that are others, about values that are open)"""
    other, unknown = [], []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in RUNS:
            found, expected = make(name, isa)[0], frozen[name, isa]
            print(name, isa, *found)
            for what, here, there in zip(("numbers", "whole"), found, expected):
                if there == "open":
                    unknown.append(f"open: {name} {isa} {what}, here {here}")
                elif here != there:
                    other.append(f"{name} {isa}: {what} {here}, frozen {there}")
            if name in ON_OTHER_CACHES:
                other += make_with_other_caches(name, isa, found)
        os.chdir("/")
    return other, unknown


def make_with_other_caches(name, isa, found):
    """Lines about values that depend on the caches that the CPU reports: of no bytes, as on some virtual machines, and large."""
    other = []
    for size in ("1", "67108864"):
        os.rename(f"{name}.h5", f"{name}-before.h5")
        again, said = make(name, isa, LD_PRELOAD=OTHER_CACHES, OTHER_CACHES=size)
        if "oneDNN asked for the caches" not in said:
            with h5py.File(f"{name}.h5", "r") as file:
                assert not file["env/start-0000"].attrs["onednn"].startswith(ANSWERS), f"other_caches.c was not asked: {said}"
            print(f"not checked: {name} {isa} with other caches; this oneDNN does not let a program answer its question")
        elif again != found:
            other.append(f"{name} {isa}: numbers {again[0]} with caches of {size} bytes")
    return other


def main():
    frozen, other, unknown = frozen_values(), [], []
    isas = ("avx2", "avx512")
    assert set(frozen) == {(name, isa) for name in RUNS for isa in isas}, "the table's rows are not the runs of this test"
    name, flags = cpu()
    print("CPU:", name)
    for isa in isas:
        if isa == "avx512" and not all(flag in flags for flag in AVX512):
            missing = sum(value == "open" for key, values in frozen.items() if key[1] == isa for value in values)
            print(f"not checked: {isa}, which this CPU lacks ({missing} of its values are open)")
            continue
        found = check(isa, frozen)
        other, unknown = other + found[0], unknown + found[1]
    print(*unknown, *other, sep="\n")
    return 1 if other else 0


sys.exit(main())
