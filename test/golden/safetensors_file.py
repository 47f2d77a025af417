"""Writes the safetensors format: length of the header, header in JSON, raw little-endian data."""
import json
import os
import struct

import numpy as np

TYPES = {np.dtype("<f4"): "F32", np.dtype("<i4"): "I32", np.dtype("u1"): "U8"}


def write(path, tensors, metadata=None):
    """tensors: name -> array of float32, int32 or uint8. metadata: text -> text."""
    header = {"__metadata__": metadata} if metadata else {}
    data, offset = [], 0
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": TYPES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(raw)]}
        data.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{path}.part", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))
    os.replace(f"{path}.part", path)
