"""Losses, weights and margins by PyTorch and NumPy: writes imb_losses.inc. Run it in this folder: python3 imb_losses.py

The losses are the formulas of the released code (Cao et al., NeurIPS 2019: LDAMLoss, FocalLoss) and of the paper (hinge),
evaluated in float64 on float32 logits.
"""

import numpy as np
import torch
import torch.nn.functional as F

from imb_profile import long_tailed

torch.set_default_dtype(torch.float64)


def noise(count, salt):
    """Numbers in [-1/2, 1/2) from a formula that the C test repeats."""
    return np.array([((i * 2654435761 + salt * 40503 + (i * i % 8191) * 524287) % 2**32) / 2**32 - 0.5 for i in range(count)])


def effective_weights(counts, beta):
    effective_num = 1.0 - np.power(beta, counts)
    per_cls_weights = (1.0 - beta) / np.array(effective_num)
    return per_cls_weights / np.sum(per_cls_weights) * len(counts)


def ldam_margins(counts, max_m):
    m_list = 1.0 / np.sqrt(np.sqrt(counts))
    return m_list * (max_m / np.max(m_list))


def margin_logits(x, target, m_list, s):
    index = torch.zeros_like(x, dtype=torch.bool)
    index.scatter_(1, target.view(-1, 1), True)
    return s * torch.where(index, x - m_list[target].view(-1, 1), x)


def focal(x, target, weight, gamma):
    ce = F.cross_entropy(x, target, reduction="none", weight=weight)
    return ((1 - torch.exp(-ce)) ** gamma * ce).mean()


def hinge(x, target, weight):
    index = F.one_hot(target, x.shape[1]).bool()
    best = x.masked_fill(index, -torch.inf).max(1).values
    l = torch.relu(best - x.gather(1, target.view(-1, 1)).squeeze(1))
    w = torch.ones_like(l) if weight is None else weight[target]
    return (w * l).sum() / w.sum()


def batch_loss(kind, x, target, m_list, s, gamma, weight, weighting):
    u = margin_logits(x, target, m_list, s)
    if kind == "FOCAL" and weighting == "INVERSE":  # averaged to 1 over the mini-batch
        weight = weight / weight[target].mean()
    if kind == "FOCAL":
        return focal(u, target, weight, gamma)
    return hinge(u, target, weight) if kind == "HINGE" else F.cross_entropy(u, target, weight=weight)


METHODS = [  # name, kind, margins, s, gamma, weighting
    ("ERM", "CROSS_ENTROPY", "none", 1, 0, "PLAIN"),
    ("CB-RW", "CROSS_ENTROPY", "none", 1, 0, "EFFECTIVE"),
    ("RW", "CROSS_ENTROPY", "none", 1, 0, "INVERSE"),
    ("LDAM", "CROSS_ENTROPY", "ldam", 30, 0, "PLAIN"),
    ("LDAM-DRW", "CROSS_ENTROPY", "ldam", 10, 0, "EFFECTIVE"),
    ("M-DRW", "CROSS_ENTROPY", "uniform", 30, 0, "EFFECTIVE"),
    ("Focal", "FOCAL", "none", 1, 1, "PLAIN"),
    ("Focal-2.5", "FOCAL", "none", 1, 2.5, "PLAIN"),
    ("Focal-0.5", "FOCAL", "none", 1, 0.5, "EFFECTIVE"),
    ("CB-Focal", "FOCAL", "none", 1, 1, "EFFECTIVE"),
    ("RW-Focal", "FOCAL", "none", 1, 1, "INVERSE"),
    ("LDAM-HG", "HINGE", "ldam", 1, 0, "PLAIN"),
    ("HG", "HINGE", "uniform", 30, 0, "EFFECTIVE"),
]
SHAPES = [(1, 2), (4, 10), (118, 10), (3, 100)]
UNIFORM, MAX_M, BETA, FULL = 0.37, 0.5, 0.9999, 40


def counts_of(K):
    return long_tailed(500 if K == 100 else 5000, 100, K)


def numbers(values):
    return ", ".join(repr(float(v)) for v in values)


with open("imb_losses.inc", "w") as out:
    print("/* Made by imb_losses.py. */", file=out)
    for K in (2, 10, 100):
        print(f"static const double GOLDEN_WEIGHTS_{K}[] = {{{numbers(effective_weights(counts_of(K), BETA))}}};", file=out)
        print(f"static const double GOLDEN_MARGINS_{K}[] = {{{numbers(ldam_margins(counts_of(K), MAX_M))}}};", file=out)
    print("/* name, kind, margins, s, gamma, weighting, N, K, batch loss, gradient . noise, gradient where it is small */", file=out)
    print("static const golden_loss GOLDEN_LOSS[] = {", file=out)
    for name, kind, margins, s, gamma, weighting in METHODS:
        for N, K in SHAPES:
            counts = counts_of(K)
            spread = 1.9 if s > 1 else 7.3
            logits = (noise(N * K, 1) * spread).astype(np.float32)
            x = torch.tensor(logits.astype(np.float64).reshape(N, K), requires_grad=True)
            target = torch.tensor([(7 * i * i + 3 * i + 1) % K for i in range(N)])
            m_list = {"none": np.zeros(K), "ldam": ldam_margins(counts, MAX_M), "uniform": np.full(K, UNIFORM)}[margins]
            weight = {"PLAIN": None, "EFFECTIVE": effective_weights(counts, BETA), "INVERSE": 1.0 / np.array(counts)}[weighting]
            weight = None if weight is None else torch.tensor(weight)
            loss = batch_loss(kind, x, target, torch.tensor(m_list), s, gamma, weight, weighting)
            loss.backward()
            g = x.grad.numpy().ravel()
            shown = numbers(g) if N * K <= FULL else "0"
            print(f'    {{"{name}", IMB_{kind}, {margins.upper()}, {s}, {gamma}, IMB_WEIGHTS_{weighting}, {N}, {K},', file=out)
            print(f"     {loss.item()!r}, {float(g @ noise(N * K, 2))!r},\n     {{{shown}}}}},", file=out)
    print("};", file=out)
