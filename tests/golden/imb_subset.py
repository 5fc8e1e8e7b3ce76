"""The released code's subsets by NumPy itself: writes imb_subset.inc. Run it in this folder: python3 imb_subset.py"""

import hashlib

import numpy as np

from imb_profile import long_tailed, step


def balanced(N, K):
    return (np.arange(N) * 7919 + 13) % N % K


def uneven(N, K):
    """The first half of the classes about twice as frequent as the others."""
    mixed = (np.arange(N) * 2654435761 % 2**32) >> 7
    return mixed % (K + K // 2) % K


def subset(labels, counts, seed):
    """gen_imbalanced_data of the released code, without the images."""
    np.random.seed(seed)
    kept = []
    for the_class, the_img_num in zip(np.unique(labels), counts):
        idx = np.where(labels == the_class)[0]
        np.random.shuffle(idx)
        kept.append(idx[:the_img_num])
    return np.concatenate(kept)


CASES = []
for K, N in [(10, 50000), (100, 50000)]:
    for rho in [100, 10, 50, 1]:
        CASES.append(("balanced", N, K, "LONG_TAILED", rho, 0.5, 0))
    for rho, mu in [(100, 0.5), (10, 0.5), (20, 0.2), (3.7, 0.9)]:
        CASES.append(("balanced", N, K, "STEP", rho, mu, 0))
for seed in [1, 12345, 2**32 - 1]:
    CASES.append(("balanced", 50000, 10, "LONG_TAILED", 100, 0.5, seed))
for K, N in [(2, 91), (7, 1000), (10, 12347), (100, 20011)]:
    CASES.append(("uneven", N, K, "LONG_TAILED", 4.9, 0.5, 0))
    CASES.append(("uneven", N, K, "STEP", 4.9, 0.35, 7))

with open("imb_subset.inc", "w") as out:
    print("/* Made by imb_subset.py. labels, N, K, kind, rho, mu, split_seed, n_max, n, first and last 4 indices, SHA-256 */", file=out)
    print("static const golden_subset GOLDEN_SUBSET[] = {", file=out)
    for form, N, K, kind, rho, mu, seed in CASES:
        labels = balanced(N, K) if form == "balanced" else uneven(N, K)
        n_max = int(np.bincount(labels, minlength=K).min())
        counts = long_tailed(n_max, rho, K) if kind == "LONG_TAILED" else step(n_max, rho, mu, K)
        index = subset(labels, counts, seed).astype("<i8")
        ends = ", ".join(map(str, list(index[:4]) + list(index[-4:])))
        sha = hashlib.sha256(index.tobytes()).hexdigest()
        print(f'    {{labels_{form}, {N}, {K}, IMB_{kind}, {rho}, {mu}, {seed}u, {n_max}, {len(index)}, {{{ends}}}, "{sha}"}},', file=out)
    print("};", file=out)
