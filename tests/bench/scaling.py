#!/usr/bin/env python3
"""The cost model of docs/scaling.md: prints its table.

    scaling.py

A step on P computers of C cores = the examples of the core that has most x seconds of an example on one core
                                 + exchanges x (latency + (P - 1) x the cost of a message) + bytes that a rank sends / speed.
Seconds of an example are measured (docs/speed-details.md), exchanges counted (ranks.py beside this), bytes as docs/scaling.md has
them; the networks between computers are assumptions."""
from dataclasses import dataclass

NETWORKS = {"10 Gb/s Ethernet": (50e-6, 5e-6, 1.1e9), "100 Gb/s InfiniBand": (3e-6, 1e-6, 11e9)}  # latency, a message, bytes/s
CORES = 16


@dataclass
class Network:
    seconds: float  # of one core for an example
    exchanges: int  # of a step
    cut: int  # values whose gradients and new weights travel
    only_weights: int  # values of which only the new weights travel
    norm_channels: int  # of all batch norms
    norms: int
    head: tuple  # features, classes
    each: int  # bytes of an example's features, gradients of logits and gradients of word vectors
    packing: float = 0  # seconds of one core that every computer repeats: weights made ready for a step (a profile by perf)

    def step(self, batch, shard, computers, cores, network):
        latency, message, speed = NETWORKS[network]
        shards = -(-batch // shard)
        compute = min(batch, -(-shards // (computers * cores)) * shard) * self.seconds
        others = computers - 1
        compute += self.packing / cores * others / computers
        sent = (2 * others * 8 * (self.norms + 2 * self.norm_channels) + 4 * (2 * self.cut + self.only_weights) * others / computers
                + others * batch / computers * self.each + 4 * others * self.head[0] * self.head[1] / computers)  # fmt: skip
        return compute, 0 if computers == 1 else self.exchanges * (latency + others * message) + sent / speed


# Seconds of two cores of an AMD EPYC (Zen 5, AVX-512), halved; a text has 190 words.
SHAPES = {
    "ResNet-32": ([128, 1024], 4, Network(2.6e-3, 69, 461616, 0, 1136, 31, (64, 10), 4 * 74)),
    "biLSTM": ([64, 512], 8, Network(17e-3, 6, 2306000, 2500200, 0, 0, (512, 2), 190 * 112 * 4, 0.033)),
    "ResNet-50": ([256, 1024], 4, Network(0.192, 105, 23454912, 0, 26560, 53, (2048, 8142), 4 * 10190)),
}


def main():
    print("| | computers | cores | computing, ms | " + " | ".join(f"{name}: step, ms; efficiency" for name in NETWORKS) + " |")
    print("|---|---|---|---|" + "---|" * len(NETWORKS))
    for title, (batches, shard, model) in SHAPES.items():
        for batch in batches:
            for computers in [1, 2, 4, 8, 16]:
                if (computers // 2) * CORES * shard < batch:
                    cells = []
                    for network in NETWORKS:
                        compute, moving = model.step(batch, shard, computers, CORES, network)
                        alone, _ = model.step(batch, shard, 1, CORES, network)
                        cells.append(f"{1e3 * (compute + moving):.0f}; {alone / computers / (compute + moving):.2f}")
                    print(f"| {title}, batch {batch} | {computers} | {computers * CORES} | {1e3 * compute:.0f} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
