"""Writes packed.zarr beside itself: the same numbers in every packing that is read."""

import pathlib

import numpy
import zarr
from zarr.codecs import Crc32cCodec, GzipCodec, ZstdCodec

packings = {
    "zstd": [ZstdCodec(level=3)],
    "zstd_checksum": [ZstdCodec(level=3, checksum=True)],
    "gzip": [GzipCodec(level=6)],
    "crc32c": [Crc32cCodec()],
    "zstd_crc32c": [ZstdCodec(level=3), Crc32cCodec()],
    "crc32c_gzip": [Crc32cCodec(), GzipCodec(level=6)],
}
group = zarr.open_group(pathlib.Path(__file__).parent / "packed.zarr", mode="w")
numbers = (numpy.arange(120).reshape(40, 3) * 0.25).astype("float32")
for name, packing in packings.items():
    array = group.create_array(
        name, shape=(40, 3), chunks=(40, 3), dtype="float32", compressors=packing,
        fill_value=float("nan"), dimension_names=["person", "joint"])
    array[:] = numbers
