"""Writes configs as Google's protobuf package writes JSON, with the bytes that they stand for; test_json_package.c reads
them. First the files of configs/, then random messages made along the descriptors.

    python3 json_configs.py SOURCE_DIR OUT_DIR     # needs the package protobuf, and protoc
"""
import math
import pathlib
import random
import struct
import subprocess
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, text_format

N_RANDOM = 300
source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
schema = source / "src" / "config" / "schema"
subprocess.run(["protoc", "-I", schema, "--include_imports", "-o", out / "set", "pipeline.proto"], check=True)
pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString((out / "set").read_bytes()).file:
    pool.Add(file)
Config = message_factory.GetMessageClass(pool.FindMessageTypeByName("rocket.EasyRecConfig"))
draw = random.Random(5)


def repeated(field):
    return field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED


def value(field):
    kind = field.cpp_type
    if kind == field.CPPTYPE_STRING:
        return "".join(draw.choice("abz 09.\"\\/<\n\t\u00e9\u4e2d\U0001f600\u2028") for _ in range(draw.randrange(8)))
    if kind == field.CPPTYPE_BOOL:
        return draw.random() < 0.5
    if kind == field.CPPTYPE_ENUM:
        return draw.choice(field.enum_type.values).number
    if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        number = draw.choice([0.0, -0.0, 1.0, 1e-6, -2.5, 3e38, 1e-42, math.inf, -math.inf, math.nan, draw.gauss(0, 10)])
        return struct.unpack("<f", struct.pack("<f", number))[0] if kind == field.CPPTYPE_FLOAT else number
    bits = 31 if kind in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32) else 63
    low = 0 if kind in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64) else -(1 << bits)
    return draw.choice([low, (1 << bits) - 1, 0, draw.randrange(low, 1 << draw.randrange(1, bits + 1))])


def fill(message, depth):
    for field in message.DESCRIPTOR.fields:
        if draw.random() > 0.3 or depth > 6:
            continue
        many = draw.randrange(1, 4) if repeated(field) else 1
        for _ in range(many):
            if field.cpp_type == field.CPPTYPE_MESSAGE:
                there = getattr(message, field.name)
                inside = there.add() if repeated(field) else there
                inside.SetInParent()
                if field.message_type.file.name != "other_models.proto":  # rocket refuses those without reading them
                    fill(inside, depth + 1)
            elif repeated(field):
                getattr(message, field.name).append(value(field))
            else:
                setattr(message, field.name, value(field))


def write(name, config):
    spelling = dict(preserving_proto_field_name=draw.random() < 0.5, use_integers_for_enums=draw.random() < 0.3,
                    indent=draw.choice([None, 2]), ensure_ascii=draw.random() < 0.5)
    (out / (name + ".json")).write_text(json_format.MessageToJson(config, **spelling))
    (out / (name + ".bytes")).write_bytes(config.SerializeToString(deterministic=True))


count = 0
for path in sorted((source / "configs").glob("*.config")):
    config = Config()
    text_format.Parse(path.read_text(), config)
    write(str(count), config)
    count += 1
for _ in range(N_RANDOM):
    config = Config()
    fill(config, 0)
    write(str(count), config)
    count += 1
