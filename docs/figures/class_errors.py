#!/usr/bin/env python3
"""Draws class_errors.svg: the test error of every class in two or more run files, most frequent class first.

    class_errors.py RUN.h5 RUN.h5 ... > class_errors.svg
"""
import sys

import h5py

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 860, 320, 58, 54, 52
COLOURS = ("#8b98a9", "#d9822b", "#2b7bba")


def read(path):
    with h5py.File(path) as run:
        return run["config"].attrs["method"], run["split/class_counts"][:], 100 * run["final/class_error"][:]


def text(x, y, words, anchor="middle", size=12, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {more}>{words}</text>'


def main():
    runs = [read(path) for path in sys.argv[1:]]
    counts = runs[0][1]
    plot_w, plot_h = WIDTH - LEFT - 12, HEIGHT - TOP - BOTTOM
    slot = plot_w / len(counts)
    bar = slot * 0.78 / len(runs)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" fill="#333">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for percent in range(0, 101, 20):
        y = TOP + plot_h * (1 - percent / 100)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 12}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e6ea"/>')
        out.append(text(LEFT - 8, y + 4, f"{percent} %", "end"))
    for r, (method, _, errors) in enumerate(runs):
        for k, error in enumerate(errors):
            x = LEFT + slot * (k + 0.11) + bar * r
            h = plot_h * error / 100
            out.append(f'<rect x="{x:.1f}" y="{TOP + plot_h - h:.1f}" width="{bar - 1:.1f}" height="{h:.1f}" '
                       f'fill="{COLOURS[r]}"/>')
        x = LEFT + 260 * r
        out.append(f'<rect x="{x}" y="14" width="14" height="14" fill="{COLOURS[r]}"/>')
        out.append(text(x + 20, 26, f"{method}: {errors.mean():.1f} % balanced error", "start", 13))
    for k, n in enumerate(counts):
        out.append(text(LEFT + slot * (k + 0.5), HEIGHT - BOTTOM + 18, f"{n:,}"))
    out.append(text(LEFT + plot_w / 2, HEIGHT - 12, "training examples of the class"))
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
