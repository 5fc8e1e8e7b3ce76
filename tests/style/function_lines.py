#!/usr/bin/env python3
"""No function is over 60 lines, from its name to its closing brace, as universal-ctags sees it."""
import json
import shutil
import subprocess

import sources

LIMIT = 60

tool = shutil.which("ctags-universal") or shutil.which("ctags")
if not tool or "Universal" not in subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout:
    sources.skip("universal-ctags is not installed")

files = sources.c_files()
command = [tool, "--options=NONE", "--languages=C", "--langmap=C:.c.h", "--kinds-C=f", "--fields=+ne", "--output-format=json", "-f", "-"]
tags = subprocess.run(command + files, cwd=sources.ROOT, capture_output=True, text=True, check=True).stdout
functions = [json.loads(line) for line in tags.splitlines()]
lengths = [(f["path"], f["line"], f["name"], f["end"] - f["line"] + 1) for f in functions if "end" in f]
sources.finish(lengths, [f"{path}:{line}: {name} has {n} lines, at most {LIMIT}" for path, line, name, n in lengths if n > LIMIT])
