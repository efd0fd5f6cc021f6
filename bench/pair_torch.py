#!/usr/bin/env python3
"""EasyRec's sample pair trained by PyTorch from memory: examples per second.

The losses are EasyRec's: both cross-entropies, the squared difference of the logits with the booster's blocked, the
light net's gradient stopped at the shared part, L2 on kernels and on looked-up embeddings. Three ways to keep tables:

  dense    nn.Embedding with dense gradients, fused Adam over every row: the only one with EasyRec's own semantics
  sparse   a table per feature with sparse gradients and SparseAdam
  stacked  one table for all features, one lookup, SparseAdam: the fastest that PyTorch offers without further packages
"""
import torch
from torch import nn
from torch.nn import functional as F

import pair


def tower(width, hidden):
    layers = []
    for units in hidden:
        layers += [nn.Linear(width, units), nn.BatchNorm1d(units), nn.ReLU(inplace=True)]
        width = units
    return nn.Sequential(*layers)


class Tables(nn.Module):
    """A table per feature; tags are averaged."""

    def __init__(self, sizes, sparse):
        super().__init__()
        n = len(pair.SINGLE)
        self.single = nn.ModuleList(nn.Embedding(size, pair.WIDTH, sparse=sparse) for size in sizes[:n])
        self.tags = nn.ModuleList(nn.EmbeddingBag(size, pair.WIDTH, mode="mean", sparse=sparse) for size in sizes[n:])

    @staticmethod
    def pack(batch, _sizes):
        ids, tags, _ = batch
        return [torch.from_numpy(ids)] + [(torch.from_numpy(values), torch.from_numpy(lengths.cumsum() - lengths)) for values, lengths in tags]

    def forward(self, packed):
        looked_up = [table(packed[0][:, i]) for i, table in enumerate(self.single)]
        looked_up += [table(*bag) for table, bag in zip(self.tags, packed[1:])]
        return torch.cat(looked_up, dim=1)


class Stacked(nn.Module):
    """All tables one above the other; a weight of 1/length makes a tag list's sum its average."""

    def __init__(self, sizes, sparse=True):
        super().__init__()
        self.bag = nn.EmbeddingBag(sum(sizes), pair.WIDTH, mode="sum", sparse=sparse)

    @staticmethod
    def pack(batch, sizes):
        ids, tags, _ = batch
        starts = torch.tensor(sizes).cumsum(0) - torch.tensor(sizes)
        n_rows, n_single = ids.shape
        columns = [torch.from_numpy(ids) + starts[:n_single]]
        lengths = torch.ones(n_rows, n_single + len(tags), dtype=torch.int64)
        split = []
        for i, (values, length) in enumerate(tags):
            lengths[:, n_single + i] = torch.from_numpy(length)
            split.append(torch.split(torch.from_numpy(values) + starts[n_single + i], length.tolist()))
        flat = torch.cat([part for row in range(n_rows) for part in [columns[0][row]] + [column[row] for column in split]])
        each = lengths.flatten()
        weights = (1.0 / each.clamp(min=1)).repeat_interleave(each)
        return flat, each.cumsum(0) - each, weights

    def forward(self, packed):
        flat, offsets, weights = packed
        return self.bag(flat, offsets, per_sample_weights=weights).view(-1, (len(pair.SINGLE) + len(pair.TAGS)) * pair.WIDTH)


class Pair(nn.Module):
    def __init__(self, tables):
        super().__init__()
        self.tables = tables
        self.shared = tower((len(pair.SINGLE) + len(pair.TAGS)) * pair.WIDTH, pair.SHARED)
        self.booster = nn.Sequential(tower(pair.SHARED[-1], pair.BOOSTER), nn.Linear(pair.BOOSTER[-1], pair.CLASSES))
        self.light = nn.Sequential(tower(pair.SHARED[-1], pair.LIGHT), nn.Linear(pair.LIGHT[-1], pair.CLASSES))

    def losses(self, packed, labels):
        x = self.tables(packed)
        shared = self.shared(x)
        z, l = self.booster(shared), self.light(shared.detach())
        kernels = [p for name, p in self.named_parameters() if p.dim() == 2 and not name.startswith("tables.")]
        return (F.cross_entropy(z, labels) + F.cross_entropy(l, labels) + F.mse_loss(l, z.detach())
                + pair.EMBEDDING_L2 * x.square().sum() + pair.KERNEL_L2 * sum(k.square().sum() for k in kernels))


def main():
    parser = pair.options(__doc__.splitlines()[0])
    parser.add_argument("--way", choices=("dense", "sparse", "stacked"), default="stacked")
    args = parser.parse_args()
    pair.pin(args.threads)
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)

    sizes = pair.buckets(args.large)
    net = Pair(Stacked(sizes) if args.way == "stacked" else Tables(sizes, sparse=args.way == "sparse"))
    tables = list(net.tables.parameters())
    for table in tables:
        nn.init.normal_(table, std=0.0025)
    others = [p for name, p in net.named_parameters() if not name.startswith("tables.")]
    if args.way == "dense":
        optimizers = [torch.optim.Adam(others + tables, lr=pair.RATE, fused=True)]
    else:
        optimizers = [torch.optim.Adam(others, lr=pair.RATE, fused=True), torch.optim.SparseAdam(tables, lr=pair.RATE)]
    batches = [(net.tables.pack(b, sizes), torch.from_numpy(b[2])) for b in pair.read_batches(args.log, args.batch, sizes)]

    def step(i):
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        net.losses(*batches[i]).backward()
        for optimizer in optimizers:
            optimizer.step()

    pair.measure(step, len(batches), args, f"PyTorch {torch.__version__.split('+')[0]}", args.way)


main()
