#!/usr/bin/env python3
"""Draws class_errors.svg from docs/evidence/*.csv: the test error of every class, most frequent class first. class_errors.py [--check]

A bar is the mean over the seeds of a method on CIFAR-10, long-tailed, rho 100; a line on it the standard deviation of two and more.
Colours are those of every figure, results/report/looks.def. --check fails where the picture is not that of these files."""
import glob
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PICTURE = os.path.join(HERE, "class_errors.svg")
WIDTH, PLOT_H, LEFT, BOTTOM = 860, 214, 58, 52
SETTING = ("cifar10", "long-tailed", "100.0")
# As in the figures: no background, and words and lines that follow the reader's colour scheme.
STYLE = """<style>svg{color:#222}line{stroke:currentColor;stroke-opacity:.2}line.std{stroke-opacity:1}text{fill:currentColor}
@media(prefers-color-scheme:dark){svg{color:#ddd}}</style>"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def looks():
    """Method -> colour, in the order of the table of looks."""
    return dict(re.findall(r'^RES_LOOK\("([^"]+)", "(#\w{6})"', read(os.path.join(ROOT, "results/report/looks.def")), re.MULTILINE))


def series():
    """(method, class counts, class errors in percent of each seed), by falling mean error."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "docs/evidence/*.csv"))):
        head = dict(line[2:].split(": ", 1) for line in read(path).splitlines() if line.startswith("# "))
        if (head["data"], head["imbalance"], head.get("rho")) == SETTING and "differences" not in head:
            counts = [int(count) for count in head["class_counts"].split()]
            errors = [100 * float(error) for error in head["class_error"].split()]
            found.setdefault(head["method"], (counts, []))[1].append(errors)
    rows = [(method, counts, errors) for method, (counts, errors) in found.items()]
    return sorted(rows, key=lambda row: -statistics.fmean(map(statistics.fmean, row[2])))


def text(x, y, words, anchor="middle", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{words}</text>'


def legend(rows, colours):
    """(the legend, its rows): as much room for a character as a wide font takes, so that no words lie under the next square."""
    out, x, y = [], LEFT, 14
    for method, _, seeds in rows:
        words = f"{method}: {statistics.fmean(map(statistics.fmean, seeds)):.1f} % over all classes"
        width = 20 + 9 * len(words) + 12
        if x + width > WIDTH and x > LEFT:
            x, y = LEFT, y + 20
        out += [f'<rect x="{x:.1f}" y="{y}" width="14" height="14" fill="{colours[method]}"/>', text(x + 20, y + 12, words, "start", 13)]
        x += width
    return out, (y + 6) // 20


def draw():
    rows, colours = series(), looks()
    counts = rows[0][1]
    words, legend_rows = legend(rows, colours)
    top_px, plot_w, plot_h = 44 + 20 * legend_rows, WIDTH - LEFT - 12, PLOT_H
    height = top_px + plot_h + BOTTOM
    top = 10 * -(-max(max(map(max, errors)) for _, _, errors in rows) // 10)
    slot = plot_w / len(counts)
    bar = slot * 0.78 / len(rows)
    at = lambda percent: top_px + plot_h * (1 - percent / top)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="sans-serif">',
           f"<title>Test error by class</title>{STYLE}"]  # fmt: skip
    out += words
    for percent in range(0, int(top) + 1, 10):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 12}" y1="{at(percent):.1f}" y2="{at(percent):.1f}"/>')
        out.append(text(LEFT - 8, at(percent) + 4, percent, "end"))
    out.append(text(LEFT - 8, top_px - 16, "test error (%)", "start"))
    for r, (method, _, seeds) in enumerate(rows):
        for k, errors in enumerate(zip(*seeds)):
            x, y = LEFT + slot * (k + 0.11) + bar * r, at(statistics.fmean(errors))
            out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar - 1:.1f}" height="{at(0) - y:.1f}" fill="{colours[method]}"/>')
            if len(errors) > 1:
                low, high = (at(statistics.fmean(errors) + sign * statistics.stdev(errors)) for sign in (-1, 1))
                out.append(f'<line class="std" x1="{x + bar / 2:.1f}" x2="{x + bar / 2:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>')
    for k, n in enumerate(counts):
        out.append(text(LEFT + slot * (k + 0.5), height - BOTTOM + 18, f"{n:,}"))
    out += [text(LEFT + plot_w / 2, height - 12, "training examples of the class"), "</svg>"]
    return "\n".join(out) + "\n"


def main():
    if "--check" in sys.argv:
        stale = read(PICTURE) != draw()
        print("docs/figures/class_errors.svg is not that of docs/evidence: docs/figures/class_errors.py draws it" if stale else "")
        sys.exit(stale)
    with open(PICTURE, "w", encoding="utf-8") as file:
        file.write(draw())


main()
