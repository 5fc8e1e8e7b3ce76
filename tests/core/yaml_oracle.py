#!/usr/bin/env python3
"""What core/yaml writes, PyYAML (YAML 1.1) gives back with the same types and texts, and no reader of YAML 1.1 or 1.2 sees a
number, a date, a truth or nothing in a text: the forms are those of the two specifications.   yaml_oracle.py PRINT_YAML"""
import random
import re
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: PyYAML is not installed")
    sys.exit(77)

# yaml.org/type (1.1) and chapter 10.3.2 of YAML 1.2.2: what a plain scalar must not be to be a text.
OTHER = re.compile(
    r"""^(?:
    ~ | null | Null | NULL |                                                  # null
    y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF |
    [-+]?0b[0-1_]+ | [-+]?0[0-7_]+ | [-+]?(?:0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+ | [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+ |
    [-+]?(?:[0-9][0-9_]*)?\.[0-9.]*(?:[eE][-+][0-9]+)? | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]* |
    [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN) | = | << |
    [0-9]{4}-[0-9]{2}-[0-9]{2} |
    [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))? |
    [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+ | [-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?   # 1.2
    )$""",
    re.VERBOSE,
)
TEXTS = """none null Null NULL ~ yes no on off y n Yes NO true False 1e3 1.5e3 1e+3 0x10 0o17 0b11 007 0 12 -3 +4 1_000 12:30:45 190:20:30.15
2001-01-01 2001-1-1 2001-12-14t21:59:43.10-05:00 .5 5. . .. ... - -- --- = << .inf -.inf +.INF .nan .NaN _ __ 1__ e3 1e 0x 1:1 a:b a: :a ? ?a
160,180 3,9 3 shapes:20:5 long-tailed LDAM-DRW f32 avx512 ./my.h5 ../x.h5 /a/b ,a a, [a] {a: &a *a !a |a >a %a @a `a #a a#b""".split() + [
    "", " ", " a", "a ", "a: b", "a #b", "it's", '"', "'", "\\", "a\nb", "\n", "a\r\nb", "\t", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeffa",
    "caf\u00e9", "\u8a9e", "\U0001f426", "- a", "--- a", "... a", "\ufffe", "\ufffd", "3e5f60b6b4c8", "12e45", "1234567890" * 6 + "1234"]  # fmt: skip
random.seed(2385)
ALPHABET = "0123456789012345678901234567890eE+-._:xobaTtZ~nulysfi, #'\"\\\n\t\x1b\u00e9\U0001f426[]{}&*!|>%@`?=<"
TEXTS += ["".join(random.choices(ALPHABET, k=random.randrange(1, 9))) for _ in range(5000)]
INTEGERS = [0, 1, -1, 2**53, -(2**63), 2**63 - 1]
REALS = [0.0, 100.0, 0.1, 1e-5, 2.5e-7, 1e300, -1e-300, 1 / 3, 0.30000000000000004, 5e-324, 1e15, 1e16, 123456789012345680.0]
REALS += [random.uniform(-1, 1) * 10.0 ** random.randrange(-300, 300) for _ in range(500)]

values = TEXTS + INTEGERS + REALS
lines = [f"t {t.encode().hex()}" for t in TEXTS] + [f"i {i}" for i in INTEGERS] + [f"r {r!r}" for r in REALS]
written = subprocess.run([sys.argv[1]], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True).stdout.split("\n")
assert len(written) == len(values) + 1 and written.pop() == "", "a value is more than a line"
for loader in [yaml.SafeLoader] + ([yaml.CSafeLoader] if yaml.__with_libyaml__ else []):
    for line, value in zip(written, values):
        read = list(yaml.load(line, loader).values())[0]
        right = read == value and isinstance(read, str) == isinstance(value, str)
        assert right, f"{value!r} is written as {line!r}, which {loader.__name__} reads as {read!r}"
        assert not isinstance(read, bool), line
        plain = line.split(": ", 1)[1]
        assert not (isinstance(value, str) and OTHER.match(plain)), f"{value!r} is written as {line!r}, which may be read as no text"
        assert isinstance(value, str) or OTHER.match(plain), f"{value!r} is written as {line!r}, which may be read as a text"
print(f"{len(values)} values come back")
