#!/usr/bin/env python3
"""Writes a table of data/small.config's columns in another format; used by inputs.sh and bad_input.sh.

    tables.py FORMAT IN.csv OUT      FORMAT: tfrecord, numbers (CSV), libsvm, libffm

TFRecord files are written from their description, without TensorFlow: an implementation of its own of the frames, the
checksums and the messages.
"""
import csv
import struct
import sys

assert len(sys.argv) == 4, __doc__


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the vector that everybody quotes


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def feature(name, kind, values):
    if kind == 1:
        inside = b"".join(field(1, v.encode()) for v in values)
    elif kind == 2:
        inside = field(1, struct.pack("<%df" % len(values), *map(float, values)))
    else:
        inside = field(1, b"".join(varint(int(v) & 2**64 - 1) for v in values))
    return field(1, field(1, name.encode()) + field(2, field(kind, inside)))


def tfrecord(row):
    clk, user, item, city, tags, price = row
    features = [("clk", 3, [clk]), ("user", 1, [user]), ("item", 3, [item]), ("price", 2, [price])]
    features += [("tags", 1, tags.split("|"))] if tags else []
    features += [("city", 1, [city])] if city else []
    example = field(1, b"".join(feature(*f) for f in features))
    length = struct.pack("<Q", len(example))
    return length + masked(length) + example + masked(example)


# Numbers only: user and item as they are, tags with a weight each.
def digits(text):
    return "".join(c for c in text if c.isdigit())


def pairs(tags):
    return ["%s:1" % digits(t) for t in tags.split("|") if t]


def numbers(row):
    clk, user, item, _, tags, price = row
    return ("%s,%s,%s,%s,%s\n" % (clk, digits(user), item, " ".join(pairs(tags)), price)).encode()


def libsvm(row):
    clk, user, item, _, _, price = row
    return ("%s 0:%s 1:%s 3:%s\n" % (clk, digits(user), item, price)).encode()


def libffm(row):
    clk, user, item, _, tags, price = row
    fields = ["0:%s:1" % digits(user), "1:%s:1" % item] + ["2:" + p for p in pairs(tags)] + ["3:0:" + price]
    return (" ".join([clk] + fields) + "\n").encode()


with open(sys.argv[2], newline="") as source, open(sys.argv[3], "wb") as target:
    for record in csv.reader(source):
        target.write({"tfrecord": tfrecord, "numbers": numbers, "libsvm": libsvm, "libffm": libffm}[sys.argv[1]](record))
