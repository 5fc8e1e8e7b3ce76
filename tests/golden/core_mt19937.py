"""NumPy's legacy RandomState: writes core_mt19937.inc. Run it in this folder: python3 core_mt19937.py"""

import hashlib

import numpy as np

SEEDS = [0, 1, 42, 2147483648, 4294967295]
LENGTHS = [0, 1, 2, 3, 10, 4097, 50000]
MAXIMA = [0, 1, 6, 2**31, 2**32 - 1, 2**32, 10**15, 2**63, 2**64 - 1]


def braces(values, suffix=""):
    return "{" + ", ".join(f"{v}{suffix}" for v in values) + "}"


with open("core_mt19937.inc", "w", encoding="ascii") as out:
    out.write("/* Made by core_mt19937.py with NumPy. */\n")
    out.write("static const golden_words GOLDEN_WORDS[] = { /* seed, first words, word 1999 */\n")
    for seed in SEEDS:
        words = np.random.RandomState(seed).randint(0, 2**32, 2000, dtype=np.uint32)
        out.write(f"    {{{seed}u, {braces(words[:3], 'u')}, {words[1999]}u}},\n")
    out.write("};\n")

    # The bounded 64-bit integers of the legacy generator use the same masked rejection as shuffle.
    out.write("static const golden_interval GOLDEN_INTERVAL[] = { /* max, 5 draws after seed(5) */\n")
    for maximum in MAXIMA:
        np.random.seed(5)
        draws = [np.random.randint(0, maximum + 1, dtype=np.uint64) for _ in range(5)]
        out.write(f"    {{UINT64_C({maximum}), {braces(draws, 'u')}}},\n")
    out.write("};\n")

    out.write("static const golden_shuffle GOLDEN_SHUFFLE[] = { /* seed, n, first elements, SHA-256 of two shuffles */\n")
    for seed in SEEDS:
        for n in LENGTHS:
            np.random.seed(seed)
            values = np.arange(n, dtype=np.int64) * 3 - 7
            np.random.shuffle(values)
            np.random.shuffle(values)
            digest = hashlib.sha256(values.astype("<i8").tobytes()).hexdigest()
            out.write(f"    {{{seed}u, {n}, {braces(list(values[:4]) + [0] * max(0, 4 - n))}, \"{digest}\"}},\n")
    out.write("};\n")
