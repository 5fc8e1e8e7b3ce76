#!/usr/bin/env python3
"""Makes ds_imdb.inc: what a repacked IMDB archive comes to, by Python's own regular expressions and counters.

ds_imdb.py ARCHIVE > ds_imdb.inc
"""
import collections
import hashlib
import re
import sys
import tarfile

import numpy

GROUPS = ["train/neg", "train/pos", "test/neg", "test/pos"]
VOCABULARY, LENGTH = 25000, 256

reviews = {}
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        found = re.fullmatch(r".*/((?:train|test)/(?:neg|pos))/(\d+)_(\d+)\.txt", member.name)
        if found and found.group(1) in GROUPS:
            reviews[GROUPS.index(found.group(1)), int(found.group(2))] = int(found.group(3)), archive.extractfile(member).read()

LETTER = "[a-z0-9\u00c0-\u1fff\u2070-\U0010ffff]"
WORD = re.compile(f"{LETTER}+(?:'{LETTER}+)*|([!-/:-@\\[-`{{-~])\\1*")
SUFFIX = re.compile("(.+)(n't|'s|'m|'d|'re|'ve|'ll)", re.DOTALL)
LOWER = {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | {0x2019: "'", 0xB4: "'"}


def words(text):
    """The words of a review, as docs/text.md tells them."""
    out = []
    for match in WORD.finditer(re.sub(r"<[ \t\r\n]*br[ \t\r\n]*/?[ \t\r\n]*>", " ", text.translate(LOWER))):
        split = SUFFIX.fullmatch(match.group())
        out += list(split.groups()) if split else [match.group()[:3] if match.group(1) else match.group()]
    return out


def digest(arrays):
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()


def offsets(lengths):
    return numpy.concatenate([[0], numpy.cumsum(lengths)]).astype("<i8")


keys = sorted(reviews)
texts = [words(reviews[key][1].decode()) for key in keys]
counts = collections.Counter(word for text in texts[:25000] for word in text)
ranked = sorted(counts, key=lambda word: (-counts[word], word.encode()))
id_of = {word: 2 + rank for rank, word in enumerate(ranked[: VOCABULARY - 2])}
arrays = []
for part in texts[:25000], texts[25000:]:
    ids = [[id_of.get(word, 1) for word in text[:LENGTH]] for text in part]
    arrays += [offsets([len(i) for i in ids]), numpy.concatenate(ids).astype("<i4"), numpy.repeat([0, 1], 12500).astype("<i4")]
raw = [reviews[key][1] for key in keys]
stored = [offsets([len(text) for text in raw]), numpy.frombuffer(b"".join(raw), "u1"),
          numpy.array([reviews[key][0] for key in keys], "u1")]

print("/* Made by ds_imdb.py; do not edit. */")
print(f'static const char IMDB_SHA256[] = "{digest(arrays)}";')
print(f'static const char IMDB_STORED_SHA256[] = "{digest(stored)}";')
print(f"static const int64_t IMDB_WORDS = {len(ranked)};")
print(f'static const char *const IMDB_FIRST_WORDS[8] = {{{", ".join(chr(34) + w + chr(34) for w in ranked[:8])}}};')
