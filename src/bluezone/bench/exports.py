"""Benchmarks of export files: reading keys for matching, and checking a signature."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.bench.made_up_keys import random_keys
from bluezone.bench.registry import Workload, benchmark
from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_file import open_export, read_export, write_export
from bluezone.protocols.export_signature import private_key_signer

__all__ = ["signed_file"]

_HEADER_BYTES = 16


def signed_file(count: int) -> tuple[bytes, ec.EllipticCurvePublicKey]:
    """An export of ``count`` whole-day keys of two weeks, and what its signature is checked with."""
    private_key = ec.derive_private_key(4_207, ec.SECP256R1())  # made up, and the same every time
    keys = random_keys(count)
    start = keys[0].tek.rolling_start * 600
    file = write_export(
        keys,
        region="VN",
        start=start,
        end=start + 86_400,
        signers=[private_key_signer(private_key, "bench", "1")],
    )
    return file, private_key.public_key()


@benchmark(
    "export-read",
    unit="keys/s",
    summary="a signed file: checked, then streamed in bounded memory",
    sizes=(8_000, 32_000, 128_000),
    quick=(50, 200, 800),
)
def read(size: int, folder: Path) -> Workload:
    file, public_key = signed_file(size)

    def stream() -> None:
        opened = open_export(io.BytesIO(file), public_keys=[public_key])
        if sum(len(columns) for columns in opened.key_columns()) != size:
            raise AssertionError("keys were lost")

    return Workload(
        input=f"{size:,} keys",
        run=stream,
        baseline=lambda: read_export(file, public_keys=[public_key]),
        baseline_units=size,
        baseline_name="one object per key, whole file in memory",
    )


@benchmark(
    "export-verify",
    unit="bytes/s",
    summary="signature over the decompressed export.bin, streamed",
    sizes=(8_000, 32_000, 128_000),
    quick=(50, 200, 800),
)
def verify(size: int, folder: Path) -> Workload:
    file, public_key = signed_file(size)
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        length = archive.getinfo("export.bin").file_size

    def in_memory() -> None:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            export = archive.read("export.bin")
            (signature,) = pb.SignatureList.FromString(archive.read("export.sig")).signatures
        pb.KeyExport.FromString(export[_HEADER_BYTES:])
        public_key.verify(signature.signature, export, ec.ECDSA(SHA256()))

    return Workload(
        units=length,
        input=f"export.bin of {size:,} keys",
        run=lambda: open_export(io.BytesIO(file), public_keys=[public_key]),
        baseline=in_memory,
        baseline_units=length,
        baseline_name="decode the whole message, then verify",
    )
