#!/usr/bin/env python3
"""What a run file and a probe hold, once more from their own numbers: every option that should change the training does, the
best epoch is the first of equal ones, the classifiers of a probe make the errors that it says. oracles.py TAILBIT"""
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

TAILBIT = os.path.abspath(sys.argv[1])
IMAGES = ["--data", "shapes:20:4", "--rho", "4", "--model", "resnet8", "--batch", "16", "--epochs", "4", "--warmup", "2", "--drops", "2", "--threads", "2"]
TEXTS = ["--data", "reviews:40:20", "--remove-frac", "0.5", "--hidden", "16", "--embedding", "6", "--batch", "16", "--epochs", "2", "--drops", "1", "--threads", "2"]
# An option and a value of it that is not the default of the line above, with a method on which it has an effect.
CHANGES = {
    "images": [("ERM", "--lr", "0.05"), ("ERM", "--momentum", "0.5"), ("ERM", "--weight-decay", "0.01"), ("ERM", "--drop-factor", "0.5"),
               ("ERM", "--drops", "3"), ("ERM", "--warmup", "0"), ("ERM", "--augment", "none"), ("ERM", "--crop", "pad8"), ("ERM", "--seed", "1"),
               ("ERM", "--split-seed", "1"), ("ERM", "--shard", "8"), ("ERM", "--gradient-groups", "2"), ("ERM", "--bn-group", "8"),
               ("ERM", "--validation-frac", "0.2"), ("LDAM", "--scale", "12.385"), ("LDAM", "--max-margin", "0.3"), ("M-DRW", "--max-margin", "0.3"),
               ("M-DRW", "--switch", "1"), ("HG-DRS", "--max-margin", "0.3"), ("CB-RW", "--beta", "0.9"), ("LDAM-DRW", "--weights", "inverse"),
               ("CB-Focal", "--focal-gamma", "2.385"), ("CB-RS", "--beta", "0.9"), ("CB-RW", "--test-order", "1"), ("LDAM", "--test-order", "1")],
    "texts": [("ERM", "--lr", "0.002"), ("ERM", "--weight-decay", "0.01"), ("ERM", "--drop-factor", "0.5"), ("ERM", "--dropout", "0.25"),
              ("ERM", "--length-bucket", "1"), ("ERM", "--max-length", "8"), ("ERM", "--vocabulary", "50"), ("LDAM", "--scale", "12.385"),
              ("LDAM-DRW", "--weights", "effective")],
}  # fmt: skip


def run(*words, code=0):
    done = subprocess.run([TAILBIT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, (words, done)
    return done.stdout


def trained(name, *words):
    """The digests of all tensors at the end, and the losses: the gradient of a hinge loss hardly depends on its margin."""
    run("train", *words, "--out", f"{name}.h5")
    with h5py.File(f"{name}.h5") as file:
        return [*file["epochs/tensor_digest"][-1], *file["epochs/train_loss"][:]]


def options_reach_the_training():
    """A value that the configuration names, but the training does not take, would leave the tensors as they are."""
    plain = {}
    for kind, recipe in (("images", IMAGES), ("texts", TEXTS)):
        for i, (method, option, value) in enumerate(CHANGES[kind]):
            if (kind, method) not in plain:
                plain[kind, method] = trained(f"{kind}-{method}", *recipe, "--method", method)
            words = [*recipe, "--method", method]
            if option in words:
                at = words.index(option)
                del words[at : at + 2]
            assert trained(f"{kind}-{i}", *words, option, value) != plain[kind, method], (kind, method, option)


def best_of_equal_epochs():
    """The first one. With so small a rate the errors repeat."""
    run("train", *TEXTS, "--method", "ERM", "--lr", "1e-30", "--out", "still.h5")  # a biLSTM has no running statistics
    with h5py.File("still.h5") as file:
        errors, best = file["epochs/test_error"][:], file["final/epoch"][1]
        assert np.sum(errors == errors.min()) > 1 and best == errors.argmin(), (errors, best)


def share_of(predicted, labels):
    return np.mean(predicted != labels)


def classifiers_of_a_probe():
    """Of a linear and of a cosine head, computed again in double precision."""
    for method in ("ERM", "LDAM"):
        run("probe", f"images-{method}.h5", "--features", "at-end", "--out", "p.probe.h5")
        with h5py.File("p.probe.h5") as probe, h5py.File(f"images-{method}.h5") as file:
            features, weight = file["features/at_end/test"][:].astype(float), file["state/linear.weight"][:].astype(float)
            parts = [(probe[f"split/{part}_index"][:], probe[f"split/{part}_label"][:]) for part in ("fit", "test")]
            names, taus = list(probe["classifiers/name"].asstr()[:]), probe["tau/tau"][:]
            wanted = {"logistic": [], "nearest-mean": [], "tau-normalised": [], "own": []}
            logistic = {name: item[:] for name, item in probe["logistic"].items()}
            fit, label = features[parts[0][0]], parts[0][1]
            means = np.stack([fit[label == k].mean(0) for k in range(weight.shape[0])])
            if method == "LDAM":
                weight /= np.linalg.norm(weight, axis=1, keepdims=True)
            for (index, labels), kind in zip(parts, ("fit", "test")):
                x = features[index]
                z = (x - logistic["mean"]) / np.where(logistic["deviation"] > 0, logistic["deviation"], 1)
                wanted["logistic"].append(share_of((z @ logistic["weight"].T + logistic["intercept"]).argmax(1), labels))
                wanted["nearest-mean"].append(share_of(((x[:, None] - means) ** 2).sum(2).argmin(1), labels))
                errors = [share_of((x @ (weight / np.linalg.norm(weight, axis=1, keepdims=True) ** tau).T).argmax(1), labels) for tau in taus]
                assert np.allclose(errors, probe[f"tau/{kind}_error"][:], atol=1e-12), (method, kind, errors, probe[f"tau/{kind}_error"][:])
                wanted["tau-normalised"].append(errors[int(np.argmin(probe["tau/fit_error"][:]))])
                wanted["own"].append(share_of(file["final/logits"][:][index].argmax(1), labels))
            assert len(taus) == 11 and (method == "ERM" or len(set(probe["tau/test_error"][:])) == 1)
            for name, (fit_error, error) in wanted.items():
                row = names.index(name)
                found = probe["classifiers/fit_error"][row], probe["classifiers/error"][row]
                assert np.allclose(found, (fit_error, error), atol=1e-12), (method, name, found, fit_error, error)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    for part in (options_reach_the_training, best_of_equal_epochs, classifiers_of_a_probe):
        print(part.__name__, flush=True)
        part()
    os.chdir("/")
