#!/usr/bin/env python3
"""The picture of the rooms, docs/figures/rooms.svg, is what the includes say. With --write: makes it.

A box is a folder; it stands one floor above the highest that it includes. An arrow points from a folder to one that it
includes; one that follows from others is left out."""
import os
import sys

import includes
import sources

PICTURE = os.path.join(sources.ROOT, "docs", "figures", "rooms.svg")
ABOUT = {
    "core": "memory, status, files, HDF5, threads, trees, random numbers",
    "nn": "ResNet and biLSTM in shards; oneDNN",
    "imbalance": "losses, margins, weights, subsets, metrics",
    "pictures": "JPEG, PNG, resize; libjpeg-turbo, libpng",
    "datasets": "CIFAR, IMDB, yours; augmentation, order",
    "results/runs": "the run file: save, load, compare",
    "recipes": "options, methods, the paper's recipes and numbers",
    "results/export": "NumPy, CSV, ONNX",
    "results/report": "tables, figures, the page",
    "experiments/training": "split, objective, pass, evaluation, record",
    "experiments/probe": "classifiers on features",
    "experiments/grid": "the cells of a table",
    "experiments/bench": "throughput",
    "experiments/cli": "main, commands, manual",
}
WIDTH, HEIGHT, GAP, STEP = 212, 52, 16, 96


def arrows():
    """For each folder those that it includes."""
    found = {folder: set() for folder in includes.ORDER}
    for path, _, mark, header in includes.includes():
        folder, target = os.path.dirname(path), os.path.dirname(header)
        if mark == '"' and folder in found and target in found and folder != target:
            found[folder].add(target)
    return found


def floors(found):
    levels = {}
    for folder in includes.ORDER:
        levels[folder] = 1 + max((levels[target] for target in found[folder]), default=-1)
    return levels


def reachable(found, folder):
    below = set(found[folder])
    for target in found[folder]:
        below |= reachable(found, target)
    return below


def needed(found, folder):
    """The arrows that do not follow from others."""
    return [t for t in sorted(found[folder]) if not any(t in reachable(found, other) for other in found[folder] - {t})]


def places(levels):
    """The left upper corner of each box."""
    top = max(levels.values())
    rows = [[f for f in includes.ORDER if levels[f] == level] for level in range(top + 1)]
    widest = max(map(len, rows))
    whole = widest * WIDTH + (widest - 1) * GAP
    corners = {}
    for level, row in enumerate(rows):
        left = (whole - len(row) * WIDTH - (len(row) - 1) * GAP) // 2
        left += 342 if len(row) == 1 and 0 < level < top else 0  # so that arrows pass beside a box, not behind it
        for i, folder in enumerate(row):
            corners[folder] = (8 + left + i * (WIDTH + GAP), 8 + (top - level) * STEP)
    return corners, whole + 16, (top + 1) * STEP - (STEP - HEIGHT) + 16


def draw():
    found = arrows()
    corners, width, height = places(floors(found))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" role="img">',
        "<title>The rooms of tailbit and which includes which</title>",
        "<style>svg{color:#222;background:#fff}rect{fill:#fff}@media(prefers-color-scheme:dark){svg{color:#ddd;background:#161616}rect{fill:#161616}}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>',
    ]
    for folder in includes.ORDER:
        x, y = corners[folder]
        for target in needed(found, folder):
            to_x, to_y = corners[target]
            lines.append(f'<path d="M{x + WIDTH // 2} {y + HEIGHT}L{to_x + WIDTH // 2} {to_y}" stroke="currentColor" '
                         'opacity="0.45" fill="none" marker-end="url(#tip)"/>')  # fmt: skip
    for folder in includes.ORDER:
        x, y = corners[folder]
        words, half = ABOUT[folder].split(), len(ABOUT[folder]) / 2 if len(ABOUT[folder]) > 34 else len(ABOUT[folder])
        first = [w for i, w in enumerate(words) if len(" ".join(words[: i + 1])) <= half + 5]
        lines.append(f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" stroke="currentColor"/>')
        lines.append(f'<text x="{x + 10}" y="{y + 18}" font-size="13" font-weight="bold" fill="currentColor">{folder}/</text>')
        for i, part in enumerate((first, words[len(first) :])):
            lines.append(f'<text x="{x + 10}" y="{y + 32 + 13 * i}" font-size="11" fill="currentColor">{" ".join(part)}</text>')
    return "\n".join(lines) + "\n</svg>\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        with open(PICTURE, "w", encoding="utf-8") as file:
            file.write(draw())
    else:
        stale = [] if sources.read("docs/figures/rooms.svg") == draw() else ["docs/figures/rooms.svg is not what the includes say: tests/style/rooms.py --write"]
        sources.finish(includes.ORDER, stale)
