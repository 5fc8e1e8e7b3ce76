#!/usr/bin/env python3
"""The configuration that a run file holds is YAML which PyYAML gives back with the types and texts of /config's attributes, also
where a name looks like something else; and `train --config` of it, as it is written, as PyYAML writes it again, and as JSON, trains
the same run.   config_yaml.py TAILBIT"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

TAILBIT = os.path.abspath(sys.argv[1])
NAMES = ["no", "1e3", "a: b #c", "x\ny\x1b[31m"]
IMAGES = ["--model", "resnet8", "--batch", "8", "--epochs", "4", "--drops", "3", "--weight-decay", "1e-5", "--threads", "1"]


def run(*words, code=0):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, (words, done)
    return done


def configuration(path):
    """The text of the run file's configuration, checked against its attributes."""
    with h5py.File(path, "r") as f:
        text, attributes = f["config/yaml"].asstr()[()], dict(f["config"].attrs)
    read = yaml.safe_load(text)
    assert read.keys() == attributes.keys(), read.keys() ^ attributes.keys()
    for key, value in read.items():
        kind = str if isinstance(attributes[key], str) else (int, float)
        assert isinstance(value, kind) and not isinstance(value, bool) and value == attributes[key], (key, value, attributes[key])
    return text


def draw_data(path):
    draw = np.random.default_rng(11)
    with h5py.File(path, "w") as f:
        for prefix in ("", "test_"):
            f[f"{prefix}images"] = draw.integers(0, 256, (8, 3, 32, 32)).astype("u1")
            f[f"{prefix}labels"] = np.arange(8) % 2


def check_trains_the_same():
    run("train", "--data", "shapes:10:2", "--rho", "3", "--method", "LDAM-DRW", *IMAGES, "--out", "a.h5")
    text = configuration("a.h5")
    forms = {"written": text, "pyyaml": yaml.safe_dump(yaml.safe_load(text)), "json": json.dumps(yaml.safe_load(text))}
    for name, form in forms.items():
        with open(f"{name}.yaml", "w", encoding="utf-8") as f:
            f.write(form)
        run("train", "--config", f"{name}.yaml", "--out", f"{name}.h5", "--threads", "2")
        run("compare", "a.h5", f"{name}.h5")


def check_odd_names():
    for i, name in enumerate(NAMES):
        draw_data(f"{name}.h5")
        words = ["--imbalance", "none", "--method", "ERM", "--model", "resnet8", "--batch", "8", "--epochs", "1", "--drops", "none"]
        run("train", "--data", f"./{name}.h5", *words, "--out", f"odd{i}.out")
        text = configuration(f"odd{i}.out")
        assert len(text.splitlines()) == text.count("\n") == len(yaml.safe_load(text)), text
    os.rename("no.h5", b"caf\xe9.h5")
    run("train", "--data", os.fsdecode(b"./caf\xe9.h5"), "--method", "ERM", "--imbalance", "none", "--out", "latin.h5", code=2)


def check_other_words():
    """Of other programs: a value, a key that has no name here, two keys that are one here."""
    for text, said in (
        ("data: CIFAR10-LT\nmethod: ERM\n", "did you mean cifar10?\n"),
        ("gpu: 0\n", 'unknown key "gpu": leave it out: tailbit runs on CPUs'),
        ("batch_size: 64\n", "did you mean batch?\n"),
        ("train_rule: DRW\n", "loss_type and train_rule together are one method"),
    ):
        with open("other.yaml", "w", encoding="utf-8") as f:
            f.write(text)
        assert said in run("train", "--config", "other.yaml", "--data-dir", "none", code=2).stderr


with tempfile.TemporaryDirectory() as work:
    os.chdir(work)
    check_trains_the_same()
    check_odd_names()
    check_other_words()
    os.chdir("/")
print("configurations come back")
