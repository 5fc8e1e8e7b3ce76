#!/usr/bin/env python3
"""The pages about the files name every array with the shape and the type that it is written with, and every attribute.
Arguments: print_schema, the page of the run file, that of the probe file."""
import re
import subprocess
import sys

PRINT_SCHEMA, RUN_PAGE, PROBE_PAGE = sys.argv[1:]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows_of_run_page(text):
    """(paths, second cell) of every row of a table whose first cell has paths; `/a/b`, `c` are /a/b and /a/c."""
    for row in re.findall(r"^\| (`/.*?) \| (.*?) \|", text, re.MULTILINE):
        names = re.findall(r"`([\w/.-]+)`", row[0])
        group = names[0].rsplit("/", 1)[0]
        yield [name if name.startswith("/") else f"{group}/{name}" for name in names], row[1]


def words_of(letters):
    """(E, K) of EK."""
    return "(" + ", ".join(letters) + ")"


def run_letters(letters):
    """What has a letter of its own in the struct of a run stands on its page as what it is."""
    return ["10" if letter == "T" else {"d": "D", "k": "K", "g": "3"}.get(letter, letter) for letter in letters]


def check_run_array(rows, text, path, letters, kind):
    for paths, cell in rows:
        if path in paths:
            assert words_of(run_letters(letters)) in cell and (kind in cell or letters == "2"), f"{path}: the page says {cell}"
            return
    assert f"`{path}` {words_of(run_letters(letters))}" in text, f"{path} stands nowhere on {RUN_PAGE}"


def check(file, path, letters, kind):
    group, name = path.rsplit("/", 1)
    if file == "run" and letters != "-":
        check_run_array(list(rows_of_run_page(read(RUN_PAGE))), read(RUN_PAGE), path, letters, kind)
    elif file == "run":
        assert f"`{name}`" in read(RUN_PAGE), f"the attribute {path} stands nowhere on {RUN_PAGE}"
    else:
        line = re.search(rf"^{group} .*?(?=^/|^```)", read(PROBE_PAGE), re.MULTILINE | re.DOTALL)
        wanted = name if letters == "-" else f"{name} {words_of(letters)}"
        assert line and re.search(rf"\b{re.escape(wanted)}", line[0]), f"{path}: no {wanted!r} behind {group} on {PROBE_PAGE}"


lines = [line.split() for line in subprocess.run([PRINT_SCHEMA], capture_output=True, text=True, check=True).stdout.splitlines()]
assert len(lines) > 60, lines
for words in lines:
    check(*words)
print(len(lines), "arrays and attributes stand on the pages")
