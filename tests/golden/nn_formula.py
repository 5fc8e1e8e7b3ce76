"""Inputs from a formula and fingerprints of results: what nn_layers.py and nn_network.py share.

tests/nn/support.c repeats noise and fingerprint, so that a golden file holds results only, and few numbers of each:
a tensor is cut into pieces, each of which is projected on noise (any wrong element moves one), and some elements are
listed as they are. Results are PyTorch's in float64, on float32 inputs.
"""

import numpy as np
import torch

PROJECTION, SAMPLE = 9001, 9002  # salts


def hash32(index, salt):
    """The integer hash lowbias32 of index and salt."""
    h = index.astype(np.uint32) * np.uint32(0x9E3779B1) + np.uint32(salt * 0x85EBCA6B % 2**32)
    h = (h ^ h >> np.uint32(16)) * np.uint32(0x7FEB352D)
    h = (h ^ h >> np.uint32(15)) * np.uint32(0x846CA68B)
    return h ^ h >> np.uint32(16)


def noise(count, salt):
    """Multiples of 2^-24 in [-1/2, 1/2), exact in float32."""
    return (hash32(np.arange(count), salt) >> np.uint32(8)).astype(np.float32) * np.float32(2**-24) - np.float32(0.5)


def drawn(shape, salt, scale, centre=0.0):
    """centre + scale noise, rounded to float32 after each operation, as a float64 tensor."""
    values = np.float32(centre) + np.float32(scale) * noise(int(np.prod(shape)), salt)
    return torch.tensor(values.astype(np.float64).reshape(shape))


def labels(count, classes, salt):
    return torch.tensor((hash32(np.arange(count), salt) % np.uint32(classes)).astype(np.int64))


class Golden:
    """Collects fingerprints and writes them as C."""

    def __init__(self, projections, samples):
        self.projections, self.samples = projections, samples
        self.entries, self.values = [], []

    def add(self, name, tensor):
        x = tensor.detach().numpy().astype(np.float64).ravel()
        pieces, samples = min(self.projections, x.size), min(self.samples, x.size)
        weighted = x * noise(x.size, PROJECTION)
        cuts = [p * x.size // pieces for p in range(pieces + 1)]
        chosen = np.arange(samples) if x.size <= self.samples else hash32(np.arange(samples), SAMPLE) % x.size
        self.entries.append((name, x.size, np.abs(x).max(), pieces, samples, len(self.values)))
        self.values += [weighted[a:b].sum() for a, b in zip(cuts, cuts[1:])] + list(x[chosen])

    def write(self, path, script):
        with open(path, "w") as out:
            print(f"/* Made by {script}. */\nstatic const double GOLDEN_VALUES[] = {{", file=out)
            for i in range(0, len(self.values), 8):
                print("    " + ", ".join(f"{v:.8g}" for v in self.values[i:i + 8]) + ",", file=out)
            print("};\n/* name, elements, largest magnitude, projections, samples, place of its values */", file=out)
            print("static const golden_tensor GOLDEN_TENSORS[] = {", file=out)
            for name, count, largest, pieces, samples, first in self.entries:
                print(f'    {{"{name}", {count}, {largest:.9g}, {pieces}, {samples}, {first}}},', file=out)
            print("};", file=out)
