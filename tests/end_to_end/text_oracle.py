#!/usr/bin/env python3
"""Training on text from the first draw to the last logit, in NumPy and in double: initial values, order, buckets, re-sampling,
dropout, the network, losses, class weights, Adam. What a run file holds at its end is what comes out here.
Arguments: tailbit, the program print_texts."""
import statistics
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError:
    print("skipped: h5py is not installed")
    sys.exit(77)

TAILBIT, PRINT_TEXTS = sys.argv[1:3]
DATA, H, E, K, BATCH, EPOCHS, SWITCH, LONGEST = "reviews:60:20", 16, 16, 2, 16, 2, 1, 20
SEED, LR, DROPOUT, SCALE, MARGIN, BUCKET = 3, 0.004, 0.3, 30.0, 0.5, 2
INIT, ORDER, SAMPLER, DROP, BUCKETS = 1, 2, 5, 6, 11


def words(word3, epoch, position, index):
    """Philox4x32-10 (Salmon et al., SC 2011) of broadcast counters: four arrays of 32-bit words."""
    u, mask = np.uint64, np.uint64(0xFFFFFFFF)
    x = [np.asarray(c).astype(u) for c in np.broadcast_arrays(index, position, epoch, word3)]
    k = [u(SEED), u(0)]
    for _ in range(10):
        a, b = x[0] * u(0xD2511F53), x[2] * u(0xCD9E8D57)
        x = [b >> u(32) ^ x[1] ^ k[0], b & mask, a >> u(32) ^ x[3] ^ k[1], a & mask]
        k = [(k[0] + u(0x9E3779B9)) & mask, (k[1] + u(0xBB67AE85)) & mask]
    return x


def bits(purpose, *counter):
    w = words(purpose << 24, *counter)
    return w[1] << np.uint64(32) | w[0]


def uniform(*counter):
    return (bits(*counter) >> np.uint64(11)).astype(float) * 2.0**-53


def below(n, *counter):  # a refused draw would be one of 10^17
    return int(bits(*counter)) * n >> 64


def permutation(purpose, epoch, n):
    out = list(range(n))
    for i in range(n - 1, 0, -1):
        j = below(i + 1, purpose, epoch, i, 0)
        out[i], out[j] = out[j], out[i]
    return out


def initial(shape, tensor, limit=None, deviation=1.0):
    """Uniform within the limit, or normal."""
    at = (INIT, 0, np.arange(int(np.prod(shape))), tensor)
    if limit is not None:
        values = limit * (2 * uniform(*at) - 1)
    else:
        middle = ((bits(*at) >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52
        values = deviation * np.array([statistics.NormalDist().inv_cdf(p) for p in middle])
    return values.reshape(shape).astype(np.float32).astype(float)


def initial_values(V, cosine):
    p = {"embedding.weight": initial((V, E), 0)}
    p["embedding.weight"][0] = 0
    for layer, inputs in enumerate((E, 2 * H)):
        for end in ("", "_reverse"):
            for name, shape in ("weight_ih", (4 * H, inputs)), ("weight_hh", (4 * H, H)), ("bias_ih", 4 * H), ("bias_hh", 4 * H):
                p[f"lstm.{name}_l{layer}{end}"] = initial(shape, len(p), H**-0.5)
    if cosine:
        w = initial((K, 2 * H), len(p), 1.0)
        p["linear.weight"] = w / np.sqrt((w * w).sum(1, keepdims=True))
    else:
        p["linear.weight"] = initial((K, 2 * H), len(p), deviation=(2 / (2 * H)) ** 0.5)
        p["linear.bias"] = initial(K, len(p), (2 * H) ** -0.5)
    return p


def factors(step, layer, positions, times, width):
    """What dropout multiplies (positions, times, width) with; widths are multiples of 16."""
    threshold, index = round(DROPOUT * 65536), np.arange(times * width // 8)
    drawn = words(DROP << 24 | layer, step, np.arange(positions)[:, None], index)
    halves = np.stack([w >> np.uint64(shift) & np.uint64(0xFFFF) for w in drawn for shift in (0, 16)], 2)
    return (halves.reshape(positions, times, width) >= threshold) * (65536 / (65536 - threshold))


def sigma(x):
    return 1 / (1 + np.exp(-x))


def run_direction(p, name, x, mask, order):
    """Outputs (B, T, H), the last one (B, H), and what backward needs. Behind a text's end nothing moves."""
    W, U, b = p[f"lstm.weight_ih_{name}"], p[f"lstm.weight_hh_{name}"], p[f"lstm.bias_ih_{name}"] + p[f"lstm.bias_hh_{name}"]
    h, c, y, kept = np.zeros((len(x), H)), np.zeros((len(x), H)), np.zeros((*x.shape[:2], H)), []
    for t in order:
        m, a = mask[:, t, None], x[:, t] @ W.T + h @ U.T + b
        i, f, g, o = sigma(a[:, :H]), sigma(a[:, H : 2 * H]), np.tanh(a[:, 2 * H : 3 * H]), sigma(a[:, 3 * H :])
        cell = f * c + i * g
        kept.append((t, m, h, c, i, f, g, o, np.tanh(cell)))
        c, h = m * cell + (1 - m) * c, m * o * np.tanh(cell) + (1 - m) * h
        y[:, t] = m * h
    return y, h, kept


def run_direction_back(p, name, x, kept, dy, dh, gradient):
    W, U, dx, dc = p[f"lstm.weight_ih_{name}"], p[f"lstm.weight_hh_{name}"], np.zeros_like(x), 0
    for t, m, h, c, i, f, g, o, squashed in reversed(kept):
        d = m * (dh + dy[:, t])
        dcell = m * dc + d * o * (1 - squashed**2)
        da = np.concatenate([dcell * g * i * (1 - i), dcell * c * f * (1 - f), dcell * i * (1 - g * g), d * squashed * o * (1 - o)], 1)
        gradient[f"lstm.weight_ih_{name}"] += da.T @ x[:, t]
        gradient[f"lstm.weight_hh_{name}"] += da.T @ h
        for bias in ("bias_ih", "bias_hh"):
            gradient[f"lstm.{bias}_{name}"] += da.sum(0)
        dx[:, t] = da @ W
        dh, dc = (1 - m) * dh + da @ U, (1 - m) * dc + dcell * f
    return dx


def normed(v):
    norm = np.sqrt((v * v).sum(1, keepdims=True))
    return v / norm, norm


def forward(p, texts, step=None):
    """Logits, and what backward needs; step: of the run, for dropout."""
    T = max(map(len, texts))
    tokens, mask = np.zeros((len(texts), T), int), np.zeros((len(texts), T))
    for i, text in enumerate(texts):
        tokens[i, : len(text)], mask[i, : len(text)] = text, 1
    drops = [factors(step, layer, len(texts), times, width) if step is not None else 1.0
             for layer, (times, width) in enumerate(((T, E), (T, 2 * H), (1, 2 * H)))]  # fmt: skip
    x, layers = p["embedding.weight"][tokens] * drops[0], []
    for layer in range(2):
        runs = [run_direction(p, f"l{layer}{end}", x, mask, order)
                for end, order in (("", range(T)), ("_reverse", range(T - 1, -1, -1)))]  # fmt: skip
        layers.append((x, runs))
        x = np.concatenate([runs[0][0], runs[1][0]], 2) * drops[1]
    features = np.concatenate([layers[1][1][0][1], layers[1][1][1][1]], 1)
    dropped = features * (drops[2][:, 0] if step is not None else 1.0)
    if "linear.bias" in p:
        z = dropped @ p["linear.weight"].T + p["linear.bias"]
    else:
        z = normed(dropped)[0] @ normed(p["linear.weight"])[0].T
    return z, (tokens, drops, layers, dropped)


def backward(p, dz, kept):
    tokens, drops, layers, dropped = kept
    gradient = {name: np.zeros_like(value) for name, value in p.items()}
    if "linear.bias" in p:
        gradient["linear.weight"], gradient["linear.bias"] = dz.T @ dropped, dz.sum(0)
        dropped_back = dz @ p["linear.weight"]
    else:
        (f, f_norm), (w, w_norm) = normed(dropped), normed(p["linear.weight"])
        df, dw = dz @ w, dz.T @ f
        gradient["linear.weight"] = (dw - w * (w * dw).sum(1, keepdims=True)) / w_norm
        dropped_back = (df - f * (f * df).sum(1, keepdims=True)) / f_norm
    dfeatures = dropped_back * drops[2][:, 0]
    dlast, dy = [dfeatures[:, :H], dfeatures[:, H:]], np.zeros((*tokens.shape, 2 * H))
    for layer in (1, 0):
        x, runs = layers[layer]
        dx = sum(run_direction_back(p, f"l{layer}{end}", x, runs[d][2], dy[:, :, d * H : (d + 1) * H], dlast[d], gradient)
                 for d, end in enumerate(("", "_reverse")))  # fmt: skip
        dy, dlast = dx * drops[layer], [0, 0]
    np.add.at(gradient["embedding.weight"], tokens, dy)
    gradient["embedding.weight"][0] = 0
    return gradient


def order_of_epoch(epoch, labels, lengths, resample):
    n = len(labels)
    if resample:  # half of all draws are of either class
        members = [np.flatnonzero(labels == k) for k in range(K)]
        drawn = [int(u >= 0.5) for u in uniform(SAMPLER, epoch, np.arange(n), 0)]
        order = [members[k][below(len(members[k]), SAMPLER, epoch, i, 1)] for i, k in enumerate(drawn)]
    else:
        order = permutation(ORDER, epoch, n)
    whole, batches = n - n % BATCH, []
    for first in range(0, whole, BUCKET * BATCH):
        window = sorted(order[first : min(first + BUCKET * BATCH, whole)], key=lambda e: -(-lengths[e] // 8))
        batches += [window[i : i + BATCH] for i in range(0, len(window), BATCH)]
    batches = [batches[b] for b in permutation(BUCKETS, epoch, len(batches))]
    return batches + [sorted(order[whole:], key=lambda e: -(-lengths[e] // 8))] * (whole < n)


def loss_of(z, y, cosine, counts, weighted):
    """The batch's loss and its gradient."""
    scale, target = SCALE if cosine else 1.0, np.eye(K)[y]
    margins = MARGIN * (counts.min() / counts) ** 0.25 if cosine else np.zeros(K)
    weights = 1 / counts[y] if weighted else np.ones(len(y))
    weights = weights / weights.sum()
    u = scale * (z - target * margins)
    u -= u.max(1, keepdims=True)
    log_p = u - np.log(np.exp(u).sum(1, keepdims=True))
    return -(weights * log_p[np.arange(len(y)), y]).sum(), scale * weights[:, None] * (np.exp(log_p) - target)


def train(method, texts, labels, p):
    counts, cosine, steps, losses = np.bincount(labels).astype(float), method == "LDAM-DRW", 0, []
    moments = {name: [np.zeros_like(value), np.zeros_like(value)] for name, value in p.items()}
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in order_of_epoch(epoch, labels, [len(t) for t in texts], method == "RS"):
            z, kept = forward(p, [texts[e] for e in batch], steps)
            loss, dz = loss_of(z, labels[batch], cosine, counts, method == "RW" or (cosine and epoch >= SWITCH))
            steps, total = steps + 1, total + loss * len(batch)
            for name, g in backward(p, dz, kept).items():
                m, v = moments[name] = [0.9 * moments[name][0] + 0.1 * g, 0.999 * moments[name][1] + 0.001 * g * g]
                p[name] -= LR * m / (1 - 0.9**steps) / (np.sqrt(v / (1 - 0.999**steps)) + 1e-8)
        losses.append(total / len(labels))
    return losses


def read_texts(part):
    said = subprocess.run([PRINT_TEXTS, DATA, part], capture_output=True, text=True, check=True).stdout
    return [[int(word) for word in line.split()][:LONGEST] for line in said.splitlines()]


def check(method, folder, texts, tests):
    path, switch = f"{folder}/{method}.h5", ["--switch", str(SWITCH)] if method == "LDAM-DRW" else []
    command = [TAILBIT, "train", "--data", DATA, "--max-length", LONGEST, "--embedding", E, "--hidden", H, "--batch", BATCH, "--shard", 4,
               "--gradient-groups", 2, "--length-bucket", BUCKET, "--epochs", EPOCHS, "--seed", SEED, "--lr", LR, "--dropout", DROPOUT,
               "--method", method, "--out", path, *switch]  # fmt: skip
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(path, "r") as f:
        index = f["split/train_index"][:]
        p = initial_values(f["state/embedding.weight"].shape[0], method == "LDAM-DRW")
        losses = train(method, [texts[i] for i in index], index % 2, p)
        np.testing.assert_allclose(f["epochs/train_loss"][:], losses, rtol=1e-6, err_msg=f"{method} losses")
        np.testing.assert_allclose(f["final/logits"][:], forward(p, tests)[0], atol=1e-5, rtol=0, err_msg=f"{method} logits")
        for name, value in p.items():
            held = f[f"state/{name}"][:].reshape(value.shape)
            np.testing.assert_allclose(held, value, atol=LR / 100, rtol=0, err_msg=f"{method} {name}")


with tempfile.TemporaryDirectory() as room:
    training, test = read_texts("train"), read_texts("test")
    for one in "ERM", "RS", "RW", "LDAM-DRW":
        check(one, room, training, test)
