"""Layers by PyTorch: writes nn_layers.inc. Run it in this folder: python3 nn_layers.py"""

import torch
import torch.nn.functional as F

from nn_formula import Golden, drawn

golden = Golden(projections=32, samples=16)

CONVS = [(3, 16, 32, 32, 1), (16, 16, 32, 32, 1), (16, 32, 32, 32, 2), (32, 32, 16, 16, 1), (32, 64, 16, 16, 2), (64, 64, 8, 8, 1),
         (3, 16, 13, 9, 1), (16, 16, 13, 9, 1), (16, 32, 13, 9, 2), (32, 32, 7, 5, 1), (32, 64, 7, 5, 2), (64, 64, 4, 3, 1), (64, 64, 2, 2, 1)]
KERNELS = [(32, 64, 13, 9, 1, 1), (64, 16, 4, 3, 1, 1), (32, 64, 13, 9, 2, 1), (64, 128, 7, 8, 2, 1), (3, 64, 31, 28, 2, 7), (3, 16, 9, 20, 2, 7),
           (64, 64, 1, 1, 1, 3), (64, 64, 7, 5, 2, 3), (128, 32, 5, 14, 1, 3)]
BATCHES, CHANNELS, SIZE = [118, 3, 1], 32, 8
HEADS = [(4, 10), (3, 100), (1, 2)]


def convolutions():
    for i, (cin, cout, height, width, stride, k) in enumerate([(*conv, 3) for conv in CONVS] + KERNELS):
        x = drawn((4, cin, height, width), 100 + i, 2.385).requires_grad_()
        w = drawn((cout, cin, k, k), 200 + i, 0.731).requires_grad_()
        y = F.conv2d(x, w, stride=stride, padding=k // 2)
        y.backward(drawn(y.shape, 300 + i, 1.617))
        for what, tensor in (("y", y), ("dx", x.grad), ("dw", w.grad)):
            golden.add(f"conv {cin} {cout} {stride} {height}x{width} {what}" + (f" {k}" if k != 3 else ""), tensor)


def batch_norms():
    for n in BATCHES:
        shape = (n, CHANNELS, SIZE, SIZE)
        for kind in ("plain", "relu", "add"):
            x = drawn(shape, 400 + n, 2.9, 0.37).requires_grad_()
            shortcut = drawn(shape, 500 + n, 1.7).requires_grad_()
            gamma, beta = drawn(CHANNELS, 401, 1.3, 1.0).requires_grad_(), drawn(CHANNELS, 402, 1.1).requires_grad_()
            mean, var = drawn(CHANNELS, 403, 1.0), drawn(CHANNELS, 404, 0.9, 1.0)
            y = F.batch_norm(x, mean, var, gamma, beta, True, 0.1, 1e-5)
            y = {"plain": y, "relu": torch.relu(y), "add": torch.relu(y + shortcut)}[kind]
            y.backward(drawn(shape, 600 + n, 1.9))
            found = [("y", y), ("dx", x.grad), ("dgamma", gamma.grad), ("dbeta", beta.grad)]
            found += {"plain": [("mean", mean), ("var", var)], "relu": [], "add": [("dshortcut", shortcut.grad)]}[kind]
            for what, tensor in found:
                golden.add(f"bn {kind} {n} {what}", tensor)
        x = drawn(shape, 400 + n, 2.9, 0.37)
        mean, var = drawn(CHANNELS, 403, 1.0), drawn(CHANNELS, 404, 0.9, 1.0)
        gamma, beta = drawn(CHANNELS, 401, 1.3, 1.0), drawn(CHANNELS, 402, 1.1)
        golden.add(f"bn eval {n} y", torch.relu(F.batch_norm(x, mean, var, gamma, beta, False, 0.1, 1e-5)))


def shortcut_and_pool():
    """The released code: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, planes // 4, planes // 4)), planes those of the output."""
    for c, height, width in ((16, 16, 16), (32, 16, 16), (48, 13, 9)):
        x = drawn((3, c, height, width), 700 + c, 2.1).requires_grad_()
        y = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, c // 2, c // 2))
        y.backward(drawn(y.shape, 710 + c, 1.3))
        golden.add(f"shortcut {c} y", y)
        golden.add(f"shortcut {c} dx", x.grad)
    for height, width in ((8, 8), (4, 3), (3, 3)):
        x = drawn((3, 64, height, width), 720, 2.1).requires_grad_()
        y = x.mean((2, 3))
        y.backward(drawn(y.shape, 721, 1.3))
        golden.add(f"pool {height}x{width} y", y)
        golden.add(f"pool {height}x{width} dx", x.grad)


def max_pools():
    """Few different values, so that windows have several maxima."""
    for c, height, width in ((16, 8, 8), (32, 13, 9), (16, 1, 2), (48, 7, 12)):
        x = (torch.floor(drawn((3, c, height, width), 740 + c, 9.0)) / 4).requires_grad_()
        y = F.max_pool2d(x, 3, 2, 1)
        y.backward(drawn(y.shape, 750 + c, 1.3))
        golden.add(f"max-pool {c} {height}x{width} y", y)
        golden.add(f"max-pool {c} {height}x{width} dx", x.grad)


def heads():
    """A zero and a tiny feature vector too: normalize clamps their norms, and the clamp passes no gradient."""
    for n, classes in HEADS:
        for kind in ("linear", "cosine"):
            f = drawn((n, 64), 800 + n, 2.2)
            if n == 4:
                f[2] = 0
                f[3] = drawn(64, 803, 1e-13)
            w, b = drawn((classes, 64), 810 + n, 0.77), drawn(classes, 820 + n, 1.2)
            if n == 3:
                w[1] = 0
            f, w, b = f.requires_grad_(), w.requires_grad_(), b.requires_grad_()
            z = F.linear(f, w, b) if kind == "linear" else F.linear(F.normalize(f), F.normalize(w))
            z.backward(drawn(z.shape, 830 + n, 1.4))
            golden.add(f"head {kind} {n} z", z)
            for row in range(n):
                golden.add(f"head {kind} {n} df {row}", f.grad[row])
            golden.add(f"head {kind} {n} dw", w.grad if kind == "linear" or n != 3 else w.grad[2:])
            if kind == "cosine" and n == 3:
                golden.add(f"head {kind} {n} dw zero", w.grad[1])
            if kind == "linear":
                golden.add(f"head {kind} {n} db", b.grad)


def optimiser():
    w = drawn(512, 900, 1.0).requires_grad_()
    sgd = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.05)
    for step in (1, 2):
        w.grad = sum(drawn(512, 910 + 10 * step + part, 1.5) for part in range(5))
        sgd.step()
        golden.add(f"sgd {step} w", w)
        golden.add(f"sgd {step} momentum", sgd.state[w]["momentum_buffer"])


for make in (convolutions, batch_norms, shortcut_and_pool, max_pools, heads, optimiser):
    make()
golden.write("nn_layers.inc", "nn_layers.py")
