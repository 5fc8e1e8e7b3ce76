#!/usr/bin/env python3
"""clang-format has nothing to change. Its versions disagree, so the one that .clang-format was written for decides."""
import re
import shutil
import subprocess

import sources

VERSION = "19"

tool = shutil.which(f"clang-format-{VERSION}") or shutil.which("clang-format")
if not tool:
    sources.skip("clang-format is not installed")
version = re.search(r"version (\d+)", subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout)
if not version or version.group(1) != VERSION:
    sources.skip(f"clang-format {VERSION} is wanted, and {tool} is another version")

files = sources.c_files()
command = [tool, "--dry-run", "-Werror", "--style=file", *files]
words = subprocess.run(command, cwd=sources.ROOT, capture_output=True, text=True, check=False).stderr
sources.finish(files, re.findall(r"^.*?: error: .*$", words, re.MULTILINE) or words.splitlines())
