#!/usr/bin/env python3
"""A number agrees with its noun: "1 epochs" is printed by a format that has the noun's plural in it, or a plural of its own.

CORE_COUNT (core/text.h) writes both. A number that is never 1 may stand before a plural: a limit behind "than" or "most".
"""
import re

import sources

NOUNS = ("epoch run image class example cell step seed thread CPU probe picture defect file review argument label object option "
         "method error warning")
PLURAL = "|".join(noun + ("es" if noun.endswith("s") else "s") for noun in NOUNS.split())
FORMAT = re.compile(r'(?<!than )(?<!most )(%(?:lld|d|zu|ld)|%" PRId64 ") (?:(?:training|test|finished|more|of) )?(?:%s )?(' + PLURAL + r")\b")
OWN_RULE = re.compile(r'[!=]= 1 \? "\w*" : "\w*s"')

files = [path for path in sources.c_files() if not path.startswith("tests/") and path != "core/text.c"]
sources.finish(files, [f"{path}:{number}: {found.group(0)}: CORE_COUNT writes a number and its noun"
                       for path in files for number, line in enumerate(sources.read(path).splitlines(), 1)
                       for found in [FORMAT.search(line) or OWN_RULE.search(line)] if found])
