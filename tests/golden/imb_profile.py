"""Class counts as Python's floats give them: writes imb_profile.inc. Run it in this folder: python3 imb_profile.py

Formula of the released code (Cao et al., NeurIPS 2019), with imb_factor = 1/rho.
"""


def long_tailed(n_max, rho, K):
    imb_factor = 1 / rho
    return [int(n_max * (imb_factor ** (j / (K - 1.0)))) for j in range(K)]


def step(n_max, rho, mu, K):
    tail = min(max(round(mu * K), 1), K - 1)
    return [n_max] * (K - tail) + [int(n_max * (1 / rho))] * tail


def fold(digest, n):
    return ((digest ^ n) * 0x100000001B3) % 2**64


CASES = [("LONG_TAILED", n, rho, 0.5, K) for n, rho, K in [
    (5000, 100, 10), (5000, 10, 10), (5000, 50, 10), (5000, 20, 10), (5000, 1, 10), (5000, 137.31, 10), (500, 100, 100),
    (500, 10, 100), (17, 16.9, 2), (1000, 1000, 4), (5000, 1000, 4), (10000, 10000, 5), (4096, 1024, 11), (6561, 6561, 9),
    (512, 512, 10), (625, 625, 5), (343, 343, 4), (177147, 177147, 12), (531441, 177147, 12), (490, 49, 2), (490, 49, 3), (1, 1, 2)]]
CASES += [("STEP", n, rho, mu, K) for n, rho, mu, K in [
    (5000, 100, 0.5, 10), (5000, 10, 0.5, 10), (500, 100, 0.5, 100), (500, 10, 0.2, 100), (490, 49, 0.5, 3), (5000, 7.3, 0.5, 5),
    (5000, 3, 0.25, 10), (5000, 3, 0.35, 10), (5000, 3, 0.001, 10), (5000, 3, 0.999, 10), (11, 11, 0.5, 2), (7, 2.5, 0.9, 7)]]

# The sweep: powers q^(K-1) and others, where n_max rho^(-j/(K-1)) is or nearly is a whole number. With rho = 3^11 and K = 12, a
# pow that is one unit in the last place off gives another class 4.
SWEEP_K = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 21, 26, 31, 33, 51, 65, 100, 101, 200, 201, 1000]
SWEEP_RHO = [1, 1.5, 2, 3, 4, 5, 8, 9, 10, 16, 20, 25, 27, 32, 36, 49, 50, 64, 81, 100, 121, 125, 128, 144, 200, 216, 243, 250, 256,
             343, 400, 500, 512, 625, 729, 1000, 1024, 1296, 2048, 2187, 2401, 3125, 4096, 6561, 7776, 10000, 15625, 16384, 59049,
             65536, 100000, 177147, 262144, 1000000]
SWEEP_N = [100, 120, 343, 500, 512, 600, 729, 1000, 1024, 1200, 1296, 4096, 5000, 6000, 6561, 7776, 10000, 59049, 65536,
           100000, 531441, 1000000, 1048576]


def main():
    with open("imb_profile.inc", "w") as out:
        print("/* Made by imb_profile.py. kind, n_max, rho, mu, K, counts */", file=out)
        print("static const golden_profile GOLDEN_PROFILE[] = {", file=out)
        for kind, n, rho, mu, K in CASES:
            counts = long_tailed(n, rho, K) if kind == "LONG_TAILED" else step(n, rho, mu, K)
            print(f"    {{IMB_{kind}, {n}, {rho!r}, {mu}, {K}, {{{', '.join(map(str, counts))}}}}},", file=out)
        print("};", file=out)
        for name, ctype, values in [("K", "int64_t", SWEEP_K), ("RHO", "double", SWEEP_RHO), ("N", "int64_t", SWEEP_N)]:
            print(f"static const {ctype} SWEEP_{name}[] = {{{', '.join(map(repr, values))}}};", file=out)
        print("/* One digest a K, over rho, then n_max, then j, of profiles without an empty class: (digest ^ n) * 0x100000001b3 from 0. */", file=out)
        digests = []
        for K in SWEEP_K:
            digest = 0
            for rho in SWEEP_RHO:
                for n in SWEEP_N:
                    counts = long_tailed(n, rho, K)
                    if counts[-1] >= 1:
                        for count in counts:
                            digest = fold(digest, count)
            digests.append(digest)
        print(f"static const uint64_t SWEEP_DIGEST[] = {{{', '.join(f'0x{d:016x}u' for d in digests)}}};", file=out)


if __name__ == "__main__":
    main()
