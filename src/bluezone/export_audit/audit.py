"""The whole audit of some files: every attack, every sign of padding, and how right they are if known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from bluezone.export_audit.findings import LinkFinding, PaddingFinding
from bluezone.export_audit.grouping import CROWDS, Crowd, crowd_of, grouping_attack
from bluezone.export_audit.key_bytes import half_bytes, near_keys
from bluezone.export_audit.order import order_attacks
from bluezone.export_audit.padding import padding_signs
from bluezone.export_audit.published import AuditedFile, Published, publish_files
from bluezone.export_audit.truth import Truth, score_groups, score_suspects
from bluezone.export_audit.windows import LateKeys, late_keys_attack, late_keys_of, rest_of_day_attack

__all__ = ["Audit", "audit_document", "audit_files", "crowd_names"]


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """What was found in some files."""

    published: Published
    crowd: Crowd
    late: LateKeys
    links: tuple[LinkFinding, ...]
    padding: tuple[PaddingFinding, ...]

    @property
    def users_separated(self) -> int:
        """Groups that the attack with most links claims; attacks often mean the same people."""
        claims = [one.groups for one in self.links if one.beyond_chance]
        return len(max(claims, key=lambda groups: sum(map(len, groups)) - len(groups), default=()))

    @property
    def padding_told(self) -> int:
        """Keys of which some sign says that nobody has them."""
        return len(frozenset[bytes]().union(*(one.suspects for one in self.padding if one.beyond_chance)))


def audit_files(files: Sequence[AuditedFile], seed: int = 1) -> Audit:
    """Run every attack; the same files and seed give the same result."""
    published = publish_files(files)
    rng = np.random.default_rng(seed)
    late = late_keys_of(published)
    order = order_attacks(published, rng)
    in_order = any(one.beyond_chance for one in order)
    return Audit(
        published=published,
        crowd=crowd_of(published),
        late=late,
        links=(
            *order,
            grouping_attack(published),
            late_keys_attack(published, late),
            rest_of_day_attack(published, rng),
        ),
        padding=(
            *padding_signs(published, rng, in_order=in_order),
            half_bytes(published),
            near_keys(published),
        ),
    )


def crowd_names() -> tuple[str, ...]:
    """What each count of :class:`Crowd` is called: ``1``, ``2-4``, …"""
    last = CROWDS[-1]
    bounded = [str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in pairwise(CROWDS)]
    return (*bounded, f"{last}+")


def audit_document(audit: Audit, truth: Truth | None = None) -> dict[str, Any]:
    """The JSON document; its fields are described in :mod:`bluezone.cli.export_audit`."""
    published, crowd = audit.published, audit.crowd
    return {
        "files": [
            {
                "name": file.name,
                "window": window,
                "start": file.start,
                "end": file.end,
                "keys": len(file.teks),
                "revised_keys": len(file.revised_teks),
            }
            for file, window in zip(published.files, published.windows, strict=True)
        ],
        "keys": len(published),
        "crowd": {
            "keys": dict(zip(crowd_names(), crowd.keys, strict=True)),
            "links": crowd.links,
            "guessed_right": crowd.guessed_right,
            "guessed_right_by_day": crowd.guessed_right_by_day,
            "late_keys": audit.late.count,
            "late_keys_guessed_right": audit.late.guessed_right,
        },
        "attacks": [_link_document(one, published, truth) for one in audit.links],
        "padding": [_padding_document(one, published, truth) for one in audit.padding],
        "users_separated": audit.users_separated,
        "padding_told": audit.padding_told,
    }


def _link_document(finding: LinkFinding, published: Published, truth: Truth | None) -> dict[str, Any]:
    return {
        "attack": finding.attack,
        "measures": finding.measures,
        "found": finding.found,
        "by_chance": finding.by_chance,
        "p_value": finding.p_value,
        "beyond_chance": finding.beyond_chance,
        "users": len(finding.groups),
        "links": sum(len(group) - 1 for group in finding.groups),
        "truth": None if truth is None else asdict(score_groups(finding.groups, published.teks, truth)),
    }


def _padding_document(finding: PaddingFinding, published: Published, truth: Truth | None) -> dict[str, Any]:
    return {
        "sign": finding.sign,
        "measures": finding.measures,
        "found": finding.found,
        "by_chance": finding.by_chance,
        "p_value": finding.p_value,
        "beyond_chance": finding.beyond_chance,
        "suspects": len(finding.suspects),
        "truth": None if truth is None else asdict(score_suspects(finding.suspects, published.teks, truth)),
    }
