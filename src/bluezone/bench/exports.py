"""Benchmarks of export files: reading keys for matching, and checking a signature."""

from __future__ import annotations

import io
import zipfile

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.bench.matching import random_keys
from bluezone.bench.registry import Workload, benchmark
from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_file import open_export, read_export, write_export
from bluezone.protocols.export_signature import private_key_signer

__all__: list[str] = []

_HEADER_BYTES = 16


def _signed_file(count: int) -> tuple[bytes, ec.EllipticCurvePublicKey]:
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


@benchmark("export-read", unit="keys/s", summary="a signed file: checked, then streamed in bounded memory")
def _read(quick: bool) -> Workload:
    count = 10_000 if quick else 100_000
    file, public_key = _signed_file(count)

    def stream() -> None:
        opened = open_export(io.BytesIO(file), public_keys=[public_key])
        if sum(len(columns) for columns in opened.key_columns()) != count:
            raise AssertionError("keys were lost")

    return Workload(
        size=count,
        input=f"{count} keys, {len(file)} bytes",
        run=stream,
        baseline_size=count,
        baseline=lambda: read_export(file, public_keys=[public_key]),
        baseline_name="one object per key, whole file in memory",
    )


@benchmark("export-verify", unit="bytes/s", summary="signature over the decompressed export.bin, streamed")
def _verify(quick: bool) -> Workload:
    file, public_key = _signed_file(10_000 if quick else 100_000)
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        size = archive.getinfo("export.bin").file_size

    def in_memory() -> None:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            export = archive.read("export.bin")
            (signature,) = pb.SignatureList.FromString(archive.read("export.sig")).signatures
        pb.KeyExport.FromString(export[_HEADER_BYTES:])
        public_key.verify(signature.signature, export, ec.ECDSA(SHA256()))

    return Workload(
        size=size,
        input=f"export.bin of {size} bytes",
        run=lambda: open_export(io.BytesIO(file), public_keys=[public_key]),
        baseline_size=size,
        baseline=in_memory,
        baseline_name="decode the whole message, then verify",
    )
