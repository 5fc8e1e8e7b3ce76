"""Training of CIFAR ResNets by PyTorch: writes nn_network.inc. Run it in this folder: python3 nn_network.py

The network is the released code's (option-A shortcuts). Cosine head: cross-entropy on s (z - margin at the label).
"""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from nn_formula import Golden, drawn, labels

torch.set_default_dtype(torch.float64)
CLASSES, SCALE, EVALUATED = 10, 30.0, 7
RATES = dict(lr=0.002, momentum=0.9, weight_decay=0.05)
CIFAR, ODD, WIDE = (32, 32), (13, 9), (28, 44)
SCENARIOS = [(8, head, batch, 2, CIFAR) for head in ("linear", "cosine") for batch in (118, 3, 1)]
SCENARIOS += [(32, "linear", 118, 5, CIFAR), (32, "cosine", 3, 5, CIFAR), (32, "linear", 1, 5, CIFAR)]
SCENARIOS += [(8, "linear", 118, 2, ODD), (8, "cosine", 3, 2, ODD), (8, "linear", 7, 2, WIDE)]
SCENARIOS += [(8, "linear", 11, 2, ODD, 4)]


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride=cout // cin, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.pad = (cout - cin) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad)) if self.pad else x))


class NormedLinear(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, features))

    def forward(self, x):
        return F.linear(F.normalize(x), F.normalize(self.weight))


class ResNet(nn.Module):
    def __init__(self, depth, head):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        channels = 16
        for stage in (1, 2, 3):
            blocks = []
            for _ in range((depth - 2) // 6):
                blocks.append(Block(channels, 8 << stage))
                channels = 8 << stage
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, CLASSES) if head == "linear" else NormedLinear(64, CLASSES)

    def features(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean((2, 3))


class GroupedNorm(nn.BatchNorm2d):
    """Batch norm over every `group` examples, as on devices of PyTorch's DataParallel, whose first one keeps the statistics."""

    group = 0

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        first, *others = x.split(self.group)
        return torch.cat([super().forward(first)] + [F.batch_norm(part, None, None, self.weight, self.bias, True) for part in others])


def group_norms(net, group):
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.__class__ = GroupedNorm
            module.group = group


def set_tensors(net):
    """Parameters, then statistics, in the order of tailbit's tensors: the salt is the place in that order.

    A quarter of the channels is mostly off and the rest mostly on, far from where ReLU bends. With activations around zero a
    rounding error pushes some across it, and PyTorch's own float32 is then off by 1% after one step, by 70% after five.
    """
    bn = [(name, module) for name, module in net.named_modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for salt, (name, p) in enumerate(net.named_parameters()):
            if p.dim() > 1:
                scale = (1.0 if p.dim() == 4 else 0.1) * np.sqrt(24.0 / (p.numel() // p.shape[0]))
                p.copy_(drawn(p.shape, salt, scale))
            elif name.endswith("bias"):
                p.copy_(drawn(p.shape, salt, 0.6).float() + torch.tensor([1.5, 1.5, 1.5, -1.5] * 512).float()[:p.numel()])
            else:
                p.copy_(drawn(p.shape, salt, 0.4, 0.5))
        for i, (_, module) in enumerate(bn):
            module.running_mean.copy_(drawn(module.running_mean.shape, 1000 + 2 * i, 0.6))
            module.running_var.copy_(drawn(module.running_var.shape, 1001 + 2 * i, 0.6, 1.0))


def add_tensors(golden, prefix, net, optimiser):
    for name, p in net.named_parameters():
        golden.add(f"{prefix} {name}", p)
        golden.add(f"{prefix} {name}.momentum", optimiser.state[p]["momentum_buffer"])
    for name, b in net.named_buffers():
        if "running" in name:
            golden.add(f"{prefix} {name}", b)


def loss_of(z, target, head):
    if head == "linear":
        return F.cross_entropy(z, target)
    margins = torch.tensor([0.05 * (k + 1) for k in range(CLASSES)])
    return F.cross_entropy(SCALE * (z - F.one_hot(target, CLASSES) * margins), target)


def run(golden, name, net, head, batch, steps, size, group=0):
    prefix = f"{name} {head} {batch}" + ("" if size == CIFAR else f" {size[0]}x{size[1]}") + (f" bn{group}" if group else "")
    if group:
        group_norms(net, group)
    set_tensors(net)
    optimiser = torch.optim.SGD(net.parameters(), **RATES)
    net.train()
    for step in range(1, steps + 1):
        x, target = drawn((batch, 3, *size), 2000 + step, 3.4), labels(batch, CLASSES, 3000 + step)
        z = net.linear(net.features(x))
        optimiser.zero_grad()
        loss_of(z, target, head).backward()
        optimiser.step()
        golden.add(f"{prefix} step {step} logits", z)
        if step in (1, steps):
            add_tensors(golden, f"{prefix} step {step}", net, optimiser)
    net.eval()
    with torch.no_grad():
        features = net.features(drawn((EVALUATED, 3, *size), 4000, 3.4))
        golden.add(f"{prefix} eval features", features)
        golden.add(f"{prefix} eval logits", net.linear(features))


if __name__ == "__main__":
    golden = Golden(projections=5, samples=4)
    for depth, head, *rest in SCENARIOS:
        run(golden, depth, ResNet(depth, head), head, *rest)
    golden.write("nn_network.inc", "nn_network.py")
