#!/usr/bin/env python3
"""The LaTeX of `tailbit table`: every row of the tabular has the cells that its specification asks for, braces and math are
balanced, no character that has a meaning stands bare, and nothing is typeset outside the tabular before \\tailbitnotes is used.
With "compile", pdflatex sets all of them; without pdflatex that counts as skipped. latex.py TAILBIT [compile]"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TAILBIT = os.path.abspath(sys.argv[1])
SMALL = ["--model", "resnet8", "--imbalance", "none", "--batch", "8", "--epochs", "1", "--threads", "1"]
WORDS = {"textbf", "pm", "multicolumn", "cmidrule", "textbackslash", "textbar", "textless", "textgreater", "toprule", "midrule",
         "bottomrule", "par", "noindent", "rho"}  # fmt: skip
VARIANTS = [
    [],
    ["--metric", "top1,balanced,class-margin"],
    ["--interval", "95", "--pair", "LDAM,ERM"],
    ["--layout", "wide"],
    ["--layout", "wide", "--metric", "top1,geometric-mean", "--interval", "99", "--pair", "LDAM,ERM"],
    ["--layout", "wide", "--metric", "class-error", "--only", "ERM"],
    ["--table", "2", "--layout", "wide"],
    ["--table", "6"],
]


def run(*words):
    done = subprocess.run([TAILBIT, *words], capture_output=True, check=False)
    assert done.returncode == 0, (words, done)
    return done.stdout.decode("utf-8")


def check_text(text):
    """Balanced braces outside and inside of math, known commands, no bare special character."""
    depth, math = 0, False
    for token in re.findall(r"\\[a-zA-Z]+|\\.|.", text, re.DOTALL):
        if re.fullmatch(r"\\[a-zA-Z]+", token):
            assert token[1:] in WORDS, (token, text)
            assert token != "\\pm" or math, text
        elif token[0] == "\\":
            assert token[1] in "&%$#_{}^~", (token, text)
        elif token in "{}":
            depth += 1 if token == "{" else -1
            assert depth >= 0, text
        elif token == "$":
            math = not math
        else:
            assert token not in "&%#_~\x1b|<>" and (token != "^" or math), (token, text)
    assert depth == 0 and not math, text


def split_bare(text, mark):
    """The parts of the text between bare marks: "&" but not "\\&"."""
    return re.split(rf"(?<!\\){mark}", text.replace("\\\\", "\\newline"))


def check_row(row, columns):
    cells = 0
    for cell in split_bare(row, "&"):
        wide = re.fullmatch(r"\s*\\multicolumn\{(\d+)\}\{[lcr]\}\{(.*)\}\s*", cell, re.DOTALL)
        cells += int(wide[1]) if wide else 1
        check_text(wide[2] if wide else cell)
    assert cells == columns, (cells, columns, row)


def check_tabular(text):
    parts = re.fullmatch(r"% needs booktabs;[^\n]*\n\\begin\{tabular\}\{([lcr]+)\}\n(.*)\\bottomrule\n\\end\{tabular\}%\n"
                         r"\\gdef\\tailbitnotes\{(.*)\}%\n", text, re.DOTALL)  # fmt: skip
    assert parts, text
    columns = len(parts[1])
    *rows, rest = parts[2].split(" \\\\\n")
    assert rest == "" and len(rows) > 2, text
    for row in rows:
        for first, last in re.findall(r"\\cmidrule\(lr\)\{(\d+)-(\d+)\}", row):
            assert 2 <= int(first) <= int(last) <= columns, row
        check_row(re.sub(r"\\cmidrule\(lr\)\{\d+-\d+\}\n|\\(top|mid)rule\n", "", row), columns)
    check_text(parts[3])
    return len(rows)


def compile_all(folder, texts):
    """Sets every table in a float, shrunk to the width of the text as papers do, with its notes below it."""
    lines = ["\\documentclass{article}\\usepackage{booktabs,graphicx}\\begin{document}"]
    for i, text in enumerate(texts):
        with open(f"{folder}/t{i}.tex", "w", encoding="utf-8") as file:
            file.write(text)
        lines.append(f"\\begin{{table}}\\resizebox{{\\textwidth}}{{!}}{{\\input{{t{i}}}}}\\tailbitnotes\\end{{table}}\\clearpage")
    with open(f"{folder}/all.tex", "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, "\\end{document}\n"]))
    done = subprocess.run(["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0 and os.path.getsize(f"{folder}/all.pdf") > 10000, done.stdout.decode("latin-1")[-3000:]


def write_own_data(path):
    try:
        import h5py
        import numpy as np
    except ImportError:
        return "shapes:3:2"
    with h5py.File(path, "w") as file:
        for prefix, count in (("", 4), ("test_", 2)):
            labels = np.repeat(np.arange(3), count)
            file[prefix + "images"] = (np.arange(len(labels) * 3072) % 251).astype("u1").reshape(-1, 3, 32, 32)
            file[prefix + "labels"] = labels
        file["class_names"] = np.array(["50%_{off}", "a&b $1 #2", "x^2~\\y|<>"], dtype=h5py.string_dtype())
    return path


def main():
    compiling = sys.argv[2:] == ["compile"]
    if compiling and shutil.which("pdflatex") is None:
        print("skipped: pdflatex is not installed; the test `latex` parses the tables")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        for i, data in enumerate(("shapes:4:2", write_own_data(f"{folder}/a&b_50%{{#$^~}}.h5"))):
            for method in ("ERM", "LDAM"):
                for seed in ("0", "1"):
                    out = f"{folder}/runs/{method}-{seed}-{i}.h5"
                    run("train", "--data", data, *SMALL, "--method", method, "--seed", seed, "--out", out)
        run("train", "--data", "shapes:8:4", "--rho", "2", *SMALL[:2], *SMALL[4:], "--method", "ERM", "--out", f"{folder}/runs/lt.h5")
        texts = [run("table", f"{folder}/runs", *words, "--format", "latex") for words in VARIANTS]
        rows = sum(check_tabular(text) for text in texts)
        if compiling:
            compile_all(folder, texts)
        print(f"{len(texts)} tables, {rows} rows{', set by pdflatex' if compiling else ''}")


main()
