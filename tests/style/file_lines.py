#!/usr/bin/env python3
"""No C file is over 700 lines."""
import sources

LIMIT = 700

files = sources.c_files()
lengths = {path: len(sources.read(path).splitlines()) for path in files}
sources.finish(files, [f"{path}: {n} lines, at most {LIMIT}" for path, n in lengths.items() if n > LIMIT])
