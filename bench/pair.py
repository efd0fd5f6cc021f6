"""EasyRec's sample pair, for the rivals' scripts: its columns, its nets, the rows of a log as ids, and the clock.

The columns, buckets and nets are those of configs/easyrec_pair.config, which is what rocket itself trains. Ids are
made here with pandas' hash instead of FarmHash: other numbers, the same number of distinct ones, and no time of it counts.
"""
import argparse
import json
import os
import statistics
import time

WIDTH = 16
SHARED, BOOSTER, LIGHT, CLASSES = [128, 96, 64], [256, 128, 96, 64], [128, 64], 2
KERNEL_L2, EMBEDDING_L2, RATE = 1e-6, 5e-6, 1e-3
KEPT_BATCHES = 32  # as many as `rocket bench` keeps

COLUMNS = ("clk buy pid adgroup_id cate_id campaign_id customer brand user_id cms_segid cms_group_id final_gender_code age_level "
           "pvalue_level shopping_level occupation new_user_class_level tag_category_list tag_brand_list price").split()
SINGLE = {"user_id": 100000, "cms_segid": 100, "cms_group_id": 100, "age_level": 10, "pvalue_level": 10, "shopping_level": 10,
          "occupation": 10, "new_user_class_level": 10, "adgroup_id": 100000, "cate_id": 10000, "campaign_id": 100000,
          "customer": 100000, "brand": 100000, "pid": 10, "price": 50}
TAGS = {"tag_category_list": 100000, "tag_brand_list": 100000}


def options(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("log", help="click log in Taobao's columns, as `rocket generate` writes it")
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="a million rows in each table of 100,000")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a run")
    return parser


def buckets(large):
    """Rows of each table, the two of tags last."""
    sizes = list(SINGLE.values()) + list(TAGS.values())
    return [1000000 if large and n == 100000 else n for n in sizes]


def read_batches(path, batch, sizes, count=KEPT_BATCHES):
    """[(ids [batch, 15] int64, [(tags int64, lengths [batch] int64)] * 2, labels [batch] int64)] * count"""
    import numpy as np
    import pandas as pd

    frame = pd.read_csv(path, names=COLUMNS, dtype=str, keep_default_na=False, nrows=batch * count + 1)
    frame = frame[frame["clk"].isin(("0", "1"))]  # a header, if there is one
    if len(frame) < batch:
        raise SystemExit(f"{path}: fewer than {batch} rows")

    def hashed(texts, n):
        return (pd.util.hash_array(np.asarray(texts, dtype=object)) % np.uint64(n)).astype(np.int64)

    ids = np.stack([hashed(frame[c].to_numpy(), n) for c, n in zip(SINGLE, sizes)], axis=1)
    lists = [[text.split("|") if text else [] for text in frame[c]] for c in TAGS]
    labels = frame["clk"].to_numpy().astype(np.int64)
    out = []
    for start in range(0, len(frame) - batch + 1, batch):
        rows = slice(start, start + batch)
        tags = [(hashed([t for row in column[rows] for t in row], n), np.array([len(row) for row in column[rows]], np.int64))
                for column, n in zip(lists, sizes[len(SINGLE):])]
        out.append((ids[rows], tags, labels[rows]))
    return out


def measure(step, n_batches, args, library, way):
    """Call step(i) over the batches in turn and print examples per second as a line of JSON."""
    rates = []
    for i in range(max(4, n_batches)):
        step(i % n_batches)
    for _ in range(args.runs):
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < args.seconds:
            step(done % n_batches)
            done += 1
        rates.append(done * args.batch / (time.perf_counter() - began))
    print(json.dumps({"library": library, "way": way, "batch": args.batch, "threads": args.threads, "large": args.large,
                      "unit": "examples/s", "median": statistics.median(rates), "min": min(rates), "max": max(rates)}))


def pin(threads):
    """One thread stays on one processor, so that it is not moved while it is measured."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
