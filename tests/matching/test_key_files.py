"""Keys streamed out of files: the same as read whole, refused alike, in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bluezone.matching.key_files import NO_ONSET, DiagnosisKeyBlock, block_of, open_key_file
from bluezone.protocols.export_errors import BadRollingPeriod, BadSignature, MissingSignature, OversizeMember
from bluezone.protocols.export_file import read_export, write_export
from bluezone.protocols.export_signature import private_key_signer
from bluezone.protocols.export_stream import EXPORT_HEADER, ExportFields
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

START = 1_616_630_400
DAY = START // 600
KEY = ec.derive_private_key(20_210_325, ec.SECP256R1())


def objects(blocks: list[DiagnosisKeyBlock], *, revised: bool) -> list[DiagnosisKey]:
    return [
        block.diagnosis_key(row) for block in blocks if block.revised == revised for row in range(len(block))
    ]


@pytest.mark.usefixtures("decoder")
@pytest.mark.parametrize(
    "name",
    [
        "two-keys-signed",
        "v15-fifty-keys-unsigned",
        "android-sample-140-keys",
        "demo-2392-keys-unsigned-unsorted",
    ],
)
def test_real_files_as_read_whole(shared_data: Path, name: str) -> None:
    path = shared_data / "exports" / f"{name}.zip"
    export = read_export(path.read_bytes(), allow_unsigned=True)
    with open_key_file(path, allow_unsigned=True) as file:
        assert file.signature == export.signature
        assert file.fields is None
        blocks = list(file.blocks())
        assert file.fields == ExportFields(
            export.start, export.end, export.region, export.batch_num, export.batch_size
        )
    assert objects(blocks, revised=False) == list(export.keys)
    assert objects(blocks, revised=True) == []
    for block in blocks:
        assert block.keys.teks.flags.c_contiguous
        assert (block.keys.teks.dtype, block.keys.teks.shape) == (np.uint8, (len(block), 16))
        assert (block.keys.starts.dtype, block.keys.periods.dtype) == (np.uint32, np.uint8)


def test_revised_keys_come_in_blocks_of_their_own(tmp_path: Path) -> None:
    keys = [DiagnosisKey(TemporaryExposureKey(bytes([1] * 16), DAY), days_since_onset=-3)]
    revoked = [DiagnosisKey(TemporaryExposureKey(bytes([2] * 16), DAY, 9), ReportType.REVOKED)]
    path = tmp_path / "export.zip"
    path.write_bytes(
        write_export(
            keys,
            region="VN",
            start=START,
            end=START,
            revised_keys=revoked,
            signers=[private_key_signer(KEY, "vn", "1")],
        )
    )
    with open_key_file(path, public_keys={("vn", "1"): KEY.public_key()}) as file:
        assert file.signature == "verified"
        blocks = list(file.blocks())
    assert objects(blocks, revised=False) == keys
    assert objects(blocks, revised=True) == revoked
    assert [block.days_since_onset.tolist() for block in blocks] == [[-3], [NO_ONSET]]


def test_a_block_gives_its_keys_back() -> None:
    keys = [
        DiagnosisKey(TemporaryExposureKey(bytes([n] * 16), DAY + n, n + 1), ReportType(n % 6), n or None, n)
        for n in range(20)
    ]
    assert objects([block_of(keys)], revised=False) == keys
    assert len(block_of([])) == 0


def test_refusals_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(write_export([], region="VN", start=START, end=START))
    with pytest.raises(MissingSignature, match=f"^{path}: the export is not signed"), open_key_file(path):
        pass
    with (
        pytest.raises(OversizeMember, match="limit is 20"),
        open_key_file(path, allow_unsigned=True, max_bytes=20),
    ):
        pass


def test_nothing_comes_out_of_a_file_with_a_false_signature(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    signer = private_key_signer(KEY, "vn", "1")
    path.write_bytes(write_export([], region="VN", start=START, end=START, signers=[signer]))
    other = ec.derive_private_key(471, ec.SECP256R1()).public_key()
    with pytest.raises(BadSignature), open_key_file(path, public_keys=[other], allow_unsigned=True):
        pytest.fail("it was opened")


def large_file(path: Path, count: int, last: bytes = b"") -> None:
    """An export of many keys, put together as bytes: data, start and period of each."""
    rng = np.random.default_rng(3)
    start = b"\x18" + b"\xf0\xb9\xa4\x01"  # 2694384 = 0x291cf0 in groups of seven bits
    field = np.zeros((count, 2 + 18 + 5), dtype=np.uint8)
    field[:, :4] = np.frombuffer(b"\x3a\x17\x0a\x10", dtype=np.uint8)
    field[:, 4:20] = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    field[:, 20:] = np.frombuffer(start, dtype=np.uint8)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export.bin", EXPORT_HEADER + field.tobytes() + last)


@pytest.mark.usefixtures("native_crate")
def test_a_large_file_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    large_file(path, 200_000)
    assert path.stat().st_size > 5_000_000
    tracemalloc.start()
    try:
        seen = largest = 0
        with open_key_file(path, allow_unsigned=True) as file:
            for block in file.blocks():
                seen += len(block)
                largest = max(largest, len(block))
                assert block.keys.starts[0] == DAY
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == 200_000
    assert largest <= 21_846  # 512 KiB of keys as short as can be, 24 bytes each
    assert peak < 5_000_000 + 4_000_000, peak  # the file itself and a part of it decoded; as objects 50


# Not ru_maxrss, in which a new process inherits the peak of the one that started it.
_MATCH_AND_TELL_PEAK = """
import re, sys
from pathlib import Path
from bluezone.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text()
    print(re.search("VmHWM:[^0-9]*([0-9]+) kB", status)[1], file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read as Linux tells it")
@pytest.mark.usefixtures("native_crate")
def test_a_million_keys_are_matched_in_less_than_200_mb(tmp_path: Path) -> None:
    large_file(tmp_path / "large.zip", 1_000_000)
    (tmp_path / "heard.csv").write_text(f"rpi,time,attenuation\n{bytes(16).hex()},{DAY * 600},50\n")
    arguments = [tmp_path / "large.zip", "--sightings", tmp_path / "heard.csv", "--allow-unsigned", "--json"]
    ran = subprocess.run(
        [sys.executable, "-c", _MATCH_AND_TELL_PEAK, "match", *arguments, "--engine", "native"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(ran.stdout)["keys"] == 1_000_000
    kib = int(ran.stderr.splitlines()[-1])
    assert 20_000 < kib < 200_000, ran.stderr


@pytest.mark.usefixtures("decoder")
def test_a_fault_at_the_very_end_of_a_large_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    bad = b"\x0a\x10" + bytes(16) + b"\x18\xf0\xb9\xa4\x01\x20\x00"  # period 0
    large_file(path, 60_000, last=b"\x3a" + bytes([len(bad)]) + bad)
    with open_key_file(path, allow_unsigned=True) as file:
        blocks = file.blocks()
        assert len(next(blocks)) < 60_000
        with pytest.raises(BadRollingPeriod, match="key 60001: rolling period 0"):
            list(blocks)
