#!/usr/bin/env python3
"""What the paper's tables cost, as the tables of docs/costs.md. costs.py TRAIN EVALUATE THREADS: images per second of `tailbit bench` (or of a
run's epoch lines) with that many threads. The number of training images is that of the paper's profiles, which `tailbit split` prints too."""
import sys

EPOCHS = 200
TEST = 10000
STATE_MB, FEATURES = 5, 64
CLASSES = {"cifar10": (10, 5000), "cifar100": (100, 500)}


def training_images(data, imbalance, rho, mu=0.5):
    K, most = CLASSES[data]
    if imbalance == "step":
        rare = int(mu * K)
        return (K - rare) * most + rare * int(most / rho)
    return sum(int(most * (1 / rho) ** (k / (K - 1))) for k in range(K))


def run_hours(n, train, evaluate, every=1):
    return EPOCHS * (n / train + TEST / evaluate / every) / 3600


def table_hours(columns, methods, seeds, train, evaluate):
    return sum(methods(data) * seeds * run_hours(training_images(data, imbalance, rho), train, evaluate) for data, imbalance, rho in columns)


def run_megabytes(n):
    """Parameters and momentum, and the features of all examples before the first drop and at the end."""
    return STATE_MB + 2 * (n + TEST) * FEATURES * 4 / 1e6


def main():
    train, evaluate, threads = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    print("| data | imbalance | rho | training images | hours per run | evaluated every 10 epochs | core-hours |\n|---|---|---|---|---|---|---|")
    columns = [(data, imbalance, rho) for data in CLASSES for imbalance in ("long-tailed", "step") for rho in (100, 10)]
    for data, imbalance, rho in columns:
        n = training_images(data, imbalance, rho)
        hours, seldom = run_hours(n, train, evaluate), run_hours(n, train, evaluate, 10)
        print(f"| {data} | {imbalance} | {rho} | {n} | {hours:.1f} | {seldom:.1f} | {hours * threads:.1f} |")
    cifar10 = [column for column in columns if column[0] == "cifar10"]
    step100, tail100 = [("cifar10", "step", 100)], [("cifar10", "long-tailed", 100)]
    tables = [
        ("`grid table2`, seed 0", columns, lambda data: 10 if data == "cifar10" else 8, 1),
        ("`grid table2`, three seeds", columns, lambda data: 10 if data == "cifar10" else 8, 3),
        ("`grid table5`, three seeds", columns, lambda _: 3, 3),
        ("`grid table6`, three seeds", cifar10, lambda _: 5, 3),
        ("`grid figure2`, seed 0", step100, lambda _: 3, 1),
        ("`grid figure3`, seed 0", tail100, lambda _: 3, 1),
        ("`grid figure6`, seed 0", step100, lambda _: 3, 1),
    ]
    print("\n| | runs | hours | core-hours | disk, MB |\n|---|---|---|---|---|")
    for name, of, methods, seeds in tables:
        runs = sum(methods(data) * seeds for data, _, _ in of)
        megabytes = sum(methods(column[0]) * seeds * run_megabytes(training_images(*column)) for column in of)
        hours = table_hours(of, methods, seeds, train, evaluate)
        print(f"| {name} | {runs} | {hours:.0f} | {hours * threads:.0f} | {megabytes:.0f} |")


main()
