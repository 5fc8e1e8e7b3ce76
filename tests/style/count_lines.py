#!/usr/bin/env python3
"""Lines of C in the product by folder: without tests, blank lines and comments. Argument: a checkout, by default this one."""
import collections
import os
import re
import sys

ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOT_PRODUCT = ("tests", "build", "runs", "grids", ".")
TEXT_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL)


def code_lines(text):
    """Lines that have code: comments count as nothing, but for the line breaks in them."""
    text = TEXT_OR_COMMENT.sub(lambda found: "\n" * found[0].count("\n") if found[0].startswith("/") else found[0], text)
    return sum(1 for line in text.split("\n") if line.strip())


counts = collections.Counter()
for folder, below, names in os.walk(ROOT):
    if folder == ROOT:
        below[:] = [name for name in below if not name.startswith(NOT_PRODUCT)]
    for name in names:
        if name.endswith((".c", ".h", ".def")):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                counts[os.path.relpath(folder, ROOT)] += code_lines(file.read())
total = sum(counts.values())
for folder, lines in sorted(counts.items(), key=lambda item: -item[1]):
    print(f"{folder:24} {lines:6} {100 * lines / total:5.1f} %")
print(f"{'all':24} {total:6}")
