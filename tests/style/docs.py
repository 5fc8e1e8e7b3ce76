#!/usr/bin/env python3
"""A file of the tree that a page names in backquotes is there: with its folder, or as a name that some folder has."""
import re

import sources

ENDS = "c|h|def|py|gp|md|build"
NAME = re.compile(rf"`([\w/.-]+\.(?:{ENDS}))`")
PLACEHOLDER = re.compile(r"NAME|tableN|^_internal\.h$")

files = set(sources.all_files())
pages = sorted(path for path in files if path.endswith(".md"))


def is_there(name):
    return name in files or any(path.endswith("/" + name) for path in files)


sources.finish(pages, [f"{page}:{number}: `{name}` is no file of the tree" for page in pages
                       for number, line in enumerate(sources.read(page).splitlines(), 1)
                       for name in NAME.findall(line) if not PLACEHOLDER.search(name) and not is_there(name)])  # fmt: skip
