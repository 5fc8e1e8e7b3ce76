#!/usr/bin/env python3
"""No file mentions the folder that lies beside the checkout where the project is developed: nobody else has it."""
import re

import sources

MENTION = re.compile(r"(\.\.|/work)/" + "shared")

files = list(sources.all_files())
sources.finish(files, [f"{path}:{number}: {line.strip()[:120]}" for path in files
                       for number, line in enumerate(sources.read(path).splitlines(), 1) if MENTION.search(line)])
