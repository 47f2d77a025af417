"""Reads the part of ONNX that classifiers are made of, by the specification alone: needs neither onnx
nor protobuf. Field numbers are those of onnx.proto."""
import struct
from typing import NamedTuple


class Node(NamedTuple):
    op: str
    inputs: list
    output: str
    attributes: dict  # name -> int or list of ints


class Model(NamedTuple):
    ir_version: int
    opset: int
    inputs: dict  # name -> shape, in which a text stands for any size
    outputs: dict
    nodes: list
    constants: dict  # name -> (shape, bytes of little-endian floats)
    metadata: dict


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """field number -> its values, in order: ints, or bytes."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("cut short")
        else:
            raise ValueError(f"wire type {tag & 7}")
        found.setdefault(tag >> 3, []).append(value)
    return found


def value_info(data):
    """-> name, shape."""
    info = fields(data)
    tensor = fields(fields(info[2][0])[1][0])
    if tensor[1] != [1]:
        raise ValueError("expected float")
    dims = [fields(dim) for dim in fields(tensor[2][0])[1]]
    return info[1][0].decode(), [dim[1][0] if 1 in dim else dim[2][0].decode() for dim in dims]


def node(data):
    parts = fields(data)
    attributes = {}
    for attribute in map(fields, parts.get(5, [])):
        kind, = attribute[20]
        attributes[attribute[1][0].decode()] = {2: lambda a: a[3][0], 7: lambda a: a[8]}[kind](attribute)
    output, = parts[2]
    return Node(parts[4][0].decode(), [name.decode() for name in parts[1]], output.decode(), attributes)


def constant(data):
    """-> name, (shape, bytes)."""
    parts = fields(data)
    shape, raw = parts[1], parts[9][0]
    count = 1
    for extent in shape:
        count *= extent
    if parts[2] != [1] or len(raw) != 4 * count:
        raise ValueError("expected floats of that shape")
    return parts[8][0].decode(), (shape, raw)


def read(path):
    with open(path, "rb") as file:
        model = fields(file.read())
    graph = fields(model[7][0])
    (domain,), (opset,) = (fields(model[8][0])[field] for field in (1, 2))
    if domain:
        raise ValueError("expected the standard operators")
    metadata = {}
    for entry in map(fields, model[14]):
        metadata[entry[1][0].decode()] = entry[2][0].decode()
    return Model(model[1][0], opset, dict(map(value_info, graph[11])),
                 dict(map(value_info, graph[12])), [node(each) for each in graph[1]],
                 dict(map(constant, graph[5])), metadata)


def floats(raw):
    return struct.unpack(f"<{len(raw) // 4}f", raw)


def check(model):
    """That every name is made once, before it is used."""
    made = list(model.inputs) + list(model.constants)
    for each in model.nodes:
        missing = set(each.inputs) - set(made)
        if missing:
            raise ValueError(f"{each.output}: nobody has made {sorted(missing)}")
        made.append(each.output)
    if len(set(made)) != len(made) or not set(model.outputs) <= set(made):
        raise ValueError("a name is made twice, or an output by nobody")
