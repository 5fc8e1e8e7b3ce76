"""Training of ResNet-18 and -50 by PyTorch: writes nn_resnet.inc. Run it in this folder: python3 nn_resnet.py

Both are torchvision's, with either stem, ResNet-50 also with the stride on the first convolution of a block (v1).
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from nn_formula import Golden
from nn_network import CLASSES, NormedLinear, run

SCENARIOS = [("18-3x3", "linear", 7, 5, (13, 18)), ("18-7x7", "cosine", 6, 5, (40, 52)),
             ("50-7x7", "linear", 5, 5, (44, 40)), ("50-3x3-v1", "cosine", 6, 5, (12, 16)),
             ("18-7x7", "linear", 11, 5, (40, 52), 4), ("50-3x3", "linear", 6, 5, (12, 16), 4)]


class Block(nn.Module):
    """torchvision's BasicBlock and Bottleneck: (kernel, stride, outputs) of every convolution."""

    def __init__(self, cin, layers, stride):
        super().__init__()
        channels, self.count, cout = cin, len(layers), layers[-1][2]
        for i, (kernel, step, outputs) in enumerate(layers, 1):
            self.add_module(f"conv{i}", nn.Conv2d(channels, outputs, kernel, stride=step, padding=kernel // 2, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(outputs))
            channels = outputs
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride=stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = torch.relu(y) if i < self.count else y
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """name: 18 or 50, the stem, v1 where it is."""

    def __init__(self, name, head, classes=CLASSES):
        super().__init__()
        depth, stem, *v1 = name.split("-")
        self.pools = stem == "7x7"
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False) if self.pools else nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for stage, count in enumerate((2, 2, 2, 2) if depth == "18" else (3, 4, 6, 3)):
            width, blocks = 64 << stage, []
            for index in range(count):
                s = 2 if stage and not index else 1
                first, second = (s, 1) if v1 else (1, s)
                layers = [(3, s, width), (3, 1, width)] if depth == "18" else [(1, first, width), (3, second, width), (1, 1, 4 * width)]
                blocks.append(Block(channels, layers, s))
                channels = layers[-1][2]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(channels, classes) if head == "linear" else NormedLinear(channels, classes)

    def features(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, 2, 1) if self.pools else x
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


if __name__ == "__main__":
    golden = Golden(projections=2, samples=2)
    for name, head, *rest in SCENARIOS:
        run(golden, name, ResNet(name, head), head, *rest)
    golden.write("nn_resnet.inc", "nn_resnet.py")
