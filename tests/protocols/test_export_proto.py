"""The generated modules are those of the specification."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bluezone.protocols import export_pb2 as pb

ROOT = Path(__file__).resolve().parents[2]


def test_generating_again_changes_nothing(tmp_path: Path) -> None:
    # The command of the specification's own comment.
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", "-I", "spec"),
            *(f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", "spec/export.proto"),
        ],
        cwd=ROOT,
        check=True,
    )
    for name in ("export_pb2.py", "export_pb2.pyi"):
        assert (tmp_path / name).read_text() == (ROOT / "src/bluezone/protocols" / name).read_text()


def test_wire_format_by_hand() -> None:
    key = pb.DiagnosisKey(
        key_data=bytes(16),
        transmission_risk_level=2,
        rolling_start_interval_number=2_650_000,
        rolling_period=1,
        report_type=pb.CONFIRMED_TEST,
        days_since_onset=-3,
    )
    # Tags: number << 3 | type. 2650000 = 0x286F90 as 7-bit groups 10 5f a1 01; sint32 -3 is zigzag 5.
    inner = "0a10" + "00" * 16 + "1002" + "1890dfa101" + "2001" + "2801" + "3005"
    assert key.SerializeToString().hex() == inner
    export = pb.KeyExport(start_timestamp=1, end_timestamp=2, region="VN", batch_num=1, batch_size=1)
    export.revised_keys.append(key)
    assert export.SerializeToString().hex() == (
        "090100000000000000" + "110200000000000000" + "1a02564e" + "2001" + "2801" + "421f" + inner
    )
    signature = pb.Signature(
        signature_info=pb.SignatureInfo(key_version="1", key_id="vn", signature_algorithm="x"),
        batch_num=1,
        batch_size=1,
        signature=b"\x30",
    )
    assert pb.SignatureList(signatures=[signature]).SerializeToString().hex() == (
        "0a13" + "0a0a" + "1a0131" + "2202766e" + "2a0178" + "1001" + "1801" + "220130"
    )


def test_a_missing_period_is_a_day() -> None:
    assert pb.DiagnosisKey().rolling_period == 144
