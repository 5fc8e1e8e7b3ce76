"""Training of bidirectional LSTMs by PyTorch: writes nn_bilstm.inc. Run it in this folder: python3 nn_bilstm.py

Sequences go through torch.nn.LSTM packed, so that each has its own length. What dropout drops is tailbit's choice, drawn
here by its rule: 16 bits of Philox below a threshold.
Cosine head: cross-entropy on s (z - margin at the label).
"""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from nn_formula import Golden, drawn, hash32, labels

torch.set_default_dtype(torch.float64)
VOCABULARY, EMBEDDING, HIDDEN, CLASSES, LONGEST, SEED = 23, 10, 48, 2, 60, 2385
SCALE, EVALUATED, DROPOUT_PURPOSE = 30.0, 7, 6
RATES = dict(lr=0.002, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.03)  # a small eps makes steps of rounding errors
# layers, head, batch, dropout, steps
SCENARIOS = [(1, "linear", 13, 0.0, 1), (2, "linear", 13, 0.0, 5), (2, "cosine", 13, 0.3, 5), (2, "linear", 3, 0.5, 1),
             (2, "cosine", 1, 0.5, 1)]


def philox(counter, key):
    """Philox4x32-10 (Salmon et al., SC 2011): counter (4, n) and key (2) of 32-bit words."""
    x, mask = [c.astype(np.uint64) for c in counter], np.uint64(0xFFFFFFFF)
    k = [np.uint64(w) for w in key]
    for _ in range(10):
        a, b = x[0] * np.uint64(0xD2511F53), x[2] * np.uint64(0xCD9E8D57)
        x = [b >> np.uint64(32) ^ x[1] ^ k[0], b & mask, a >> np.uint64(32) ^ x[3] ^ k[1], a & mask]
        k = [(k[0] + np.uint64(0x9E3779B9)) & mask, (k[1] + np.uint64(0xBB67AE85)) & mask]
    return x


def factors(p, step, layer, position, times, width):
    """(times, width): 0 where dropout drops, else the inverse of what stays. Word vectors are padded to 16."""
    threshold = round(p * 65536)
    blocks = -(-width // 16) * 2
    index = np.arange(times * blocks)
    words = philox([index, np.full_like(index, position), np.full_like(index, step),
                    np.full_like(index, DROPOUT_PURPOSE << 24 | layer)], [SEED, 0])
    bits = np.stack([w >> np.uint64(shift) & np.uint64(0xFFFF) for w in words for shift in (0, 16)], axis=1)
    kept = bits.reshape(times, blocks * 8)[:, :width] >= threshold
    return torch.tensor(kept * (65536 / (65536 - threshold)))


class NormedLinear(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, features))

    def forward(self, x):
        return F.linear(F.normalize(x), F.normalize(self.weight))


class BiLSTM(nn.Module):
    def __init__(self, layers, head):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, EMBEDDING, padding_idx=0)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, layers, bidirectional=True)
        self.linear = (nn.Linear if head == "linear" else NormedLinear)(2 * HIDDEN, CLASSES)

    def features(self, tokens, lengths, drop=None):
        """drop(x, layer): dropout on x (longest, batch, width)."""
        x = self.embedding(tokens)
        if drop is None:
            _, (h, _) = self.lstm(pack_padded_sequence(x, lengths, enforce_sorted=False))
            return torch.cat([h[-2], h[-1]], 1)
        for layer in range(self.lstm.num_layers):
            p = pack_padded_sequence(drop(x, layer), lengths, enforce_sorted=False)
            zeros = torch.zeros(2, len(lengths), HIDDEN)
            y, h, _ = torch._VF.lstm(p.data, p.batch_sizes, (zeros, zeros),
                                     self.lstm._flat_weights[8 * layer:8 * layer + 8], True, 1, 0.0, False, True)
            x = pad_packed_sequence(PackedSequence(y, p.batch_sizes, p.sorted_indices, p.unsorted_indices))[0]
        h = h.index_select(1, p.unsorted_indices)
        return drop(torch.cat([h[0], h[1]], 1)[None], self.lstm.num_layers)[0]


def sequences(count, salt):
    lengths = torch.tensor(hash32(np.arange(count), salt).astype(np.int64) % LONGEST + 1)
    tokens = torch.zeros(int(lengths.max()), count, dtype=torch.int64)
    for i in range(count):
        drawn_tokens = hash32(1000 * i + np.arange(int(lengths[i])), salt + 1).astype(np.int64) % VOCABULARY
        tokens[:int(lengths[i]), i] = torch.tensor(drawn_tokens)
    return tokens, lengths


def set_parameters(net):
    with torch.no_grad():
        for salt, p in enumerate(net.parameters()):
            p.copy_(drawn(p.shape, salt, 1.7 if salt == 0 else 0.6))


def add_tensors(golden, prefix, net, optimiser):
    for name, p in net.named_parameters():
        golden.add(f"{prefix} {name}", p)
        golden.add(f"{prefix} {name}.exp_avg", optimiser.state[p]["exp_avg"])
        golden.add(f"{prefix} {name}.exp_avg_sq", optimiser.state[p]["exp_avg_sq"])


def loss_of(z, target, head):
    if head == "linear":
        return F.cross_entropy(z, target)
    margins = torch.tensor([0.05 * (k + 1) for k in range(CLASSES)])
    return F.cross_entropy(SCALE * (z - F.one_hot(target, CLASSES) * margins), target)


def dropout(p, step):
    def drop(x, layer):
        times, count, width = x.shape
        return x * torch.stack([factors(p, step, layer, i, times, width) for i in range(count)], 1)
    return drop if p > 0 else None


def run(golden, layers, head, batch, p, steps):
    prefix = f"{layers} {head} {batch}"
    net = BiLSTM(layers, head)
    set_parameters(net)
    optimiser = torch.optim.Adam(net.parameters(), **RATES)
    for step in range(steps):
        tokens, lengths = sequences(batch, 7000 + 10 * step)
        z = net.linear(net.features(tokens, lengths, dropout(p, step)))
        optimiser.zero_grad()
        loss_of(z, labels(batch, CLASSES, 3000 + step), head).backward()
        optimiser.step()
        golden.add(f"{prefix} step {step} logits", z)
        if step in (0, steps - 1):
            add_tensors(golden, f"{prefix} step {step}", net, optimiser)
    with torch.no_grad():
        features = net.features(*sequences(EVALUATED, 8000))
        golden.add(f"{prefix} eval features", features)
        golden.add(f"{prefix} eval logits", net.linear(features))


golden = Golden(projections=5, samples=4)
for scenario in SCENARIOS:
    run(golden, *scenario)
golden.write("nn_bilstm.inc", "nn_bilstm.py")
