"""A recorded contact list as columns, and the truth that follows from it: who was near whom, for how long.

*Row*: two people seen together for one time step. *Near*: within two metres. *True contact*: two people near
each other for at least 15 minutes, in sum, on one recorded day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY_SECONDS", "LOCAL_MIDNIGHT", "ContactTrace", "TraceKind"]

TraceKind = Literal["haslemere", "sociopatterns", "copenhagen"]

DAY_SECONDS = 86_400
LOCAL_MIDNIGHT = int(datetime(2021, 3, 10, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")).timestamp())
"""Start of the first replayed day: Wednesday 10 March 2021 in Hanoi, the week of the district's letter."""


@dataclass(frozen=True, slots=True, eq=False)
class ContactTrace:
    """``n`` rows in order of day, second, ``a`` and ``b``; a pair has at most one row per step.

    ``people``: ids in natural order; ``roles``: what the record says of some of them (a class, a ward).
    ``step``: seconds that a row stands for; ``days`` and ``steps``: recorded days, and time steps in all.
    ``day`` int16 (n,) from 0; ``second`` int32 (n,) of the local day, where the row's step begins;
    ``a`` and ``b`` int32 (n,): rows of ``people``, ``a`` < ``b``;
    ``metres`` float32 (n,), NaN where no distance was recorded;
    ``rssi`` float32 (n,) in dBm, NaN where no strength was recorded (Copenhagen alone has it).
    """

    kind: TraceKind
    name: str
    step: int
    days: int
    steps: int
    people: tuple[str, ...]
    roles: Mapping[str, str]
    day: NDArray[np.int16]
    second: NDArray[np.int32]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    metres: NDArray[np.float32]
    rssi: NDArray[np.float32]
