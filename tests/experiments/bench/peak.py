#!/usr/bin/env python3
"""The built loops of experiments/bench/peak.h do every multiply-add that XP_MULTIPLY_ADD_FLOP counts, and nothing beside them.

    peak.py PROGRAM FLOP     FLOP: XP_MULTIPLY_ADD_FLOP
"""
import re
import shutil
import subprocess
import sys

program, flop = sys.argv[1], int(sys.argv[2])
if not shutil.which("objdump"):
    print("skipped: objdump is not installed")
    sys.exit(77)


def loop_of(symbol):
    """The instructions of the one loop of a function."""
    words = subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"--disassemble={symbol}", program],
                           capture_output=True, text=True, check=True).stdout
    lines = [(int(a, 16), t) for a, t in re.findall(r"^ +([0-9a-f]+):\t(.*)$", words, re.MULTILINE)]
    back = [(int(to, 16), at) for at, text in lines for to in re.findall(r"^j\w+ +([0-9a-f]+)", text) if int(to, 16) < at]
    assert len(back) == 1, f"{symbol}: {len(back)} loops"
    return [text for at, text in lines if back[0][0] <= at <= back[0][1]]


def check(symbol, register, lanes, chains, reads):
    loop = loop_of(symbol)
    adds = [t for t in loop if re.match(r"vfn?m(add|sub)\d+ps\b.*%" + register, t)]
    counted = 2 * lanes * len(adds)
    assert counted == flop, f"{symbol}: {counted} operations a round, expected {flop}"
    sums = {t.rsplit(",", 1)[1] for t in adds}
    assert len(sums) == chains, f"{symbol}: {len(sums)} chains, expected {chains}"
    memory = [t for t in loop if "(" in t and not t.startswith("lea")]
    assert len(memory) == (len(adds) if reads else 0), f"{symbol}: {len(memory)} operands in memory of {len(adds)}"
    assert not [t for t in memory if re.search(r"\(%r[sb]p", t)], f"{symbol}: registers are spilled"
    print(f"{symbol}: {len(adds)} multiply-adds of {lanes} lanes in {chains} chains, {len(memory)} operands from memory")


for level, (register, lanes, chains) in {"v3": ("ymm", 8, 14), "v4": ("zmm", 16, 28)}.items():
    check(f"xp_multiply_add_{level}", register, lanes, chains, reads=False)
    check(f"xp_multiply_add_loads_{level}", register, lanes, chains, reads=True)
