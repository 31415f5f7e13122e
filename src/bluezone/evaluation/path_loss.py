"""The radio model of simulated days, fitted to measured scenes: loss by distance, phones, shadows, fading.

The loss of one advert in a five-minute window of a directed pair, in dB, is taken to be

    loss at 1 m + 10 · exponent · log10(metres) + sender's offset + receiver's offset + shadow + fading,

all but the first two normal. An advert arrives if its loss, give or take the reception's spread, is below the
reception limit. That matters: from afar only the lucky adverts arrive, so the mean of what did arrive hardly
grows with distance, and an ordinary regression would find a radio that reaches for ever.

Fitted by maximum likelihood: of the received strengths, each as a normal cut off softly at the limit, and of
how many arrived (negative binomial, since scans come in bursts; windows without any are not in the data). The
shadow is integrated out by Gauss-Hermite quadrature; the phones' offsets, one for each phone and scene, are
the shadows' posterior means, in turns with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.path_loss_likelihood import (
    NODE_SHARES,
    NODES,
    RadioUnknowns,
    arrival_chance,
    shadow_means,
    window_likelihood,
)
from bluezone.evaluation.proximity_model import scipy_minimize_with_gradient
from bluezone.evaluation.receptions import Receptions

__all__ = ["HeldOutLoss", "PathLoss", "fit_path_loss", "held_out_path_loss", "mean_received_loss"]

_OFFSET_STEPS = 15
_DAMPING = 0.7
_PRIOR_WINDOWS = 1.0


@dataclass(frozen=True, slots=True)
class PathLoss:
    """The constants of :mod:`bluezone.replay.radio_model`, all in dB but the exponent."""

    loss_at_one_metre_db: float
    exponent: float
    shadowing_db: float
    fading_db: float
    reception_db: float
    reception_spread_db: float
    receiver_db: float
    transmitter_db: float


@dataclass(frozen=True, slots=True)
class HeldOutLoss:
    """Root mean square error in dB of a left-out scene's window means, by the model and by one constant."""

    scene: str
    windows: int
    rmse_db: float
    constant_rmse_db: float
    bias_db: float


def _start(scenes: int) -> NDArray[np.float64]:
    logs = np.log([4.5, 5.5])
    return np.array([60.0, 2.0, *logs, 76.0, np.log(3.0), np.log(1.5), *[np.log(30.0)] * scenes])


def fit_path_loss(
    receptions: Receptions,
    *,
    rounds: int = 4,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> PathLoss:
    """The constants that make the receptions most likely; one or two seconds a round.

    :raises ScipyMissing: where SciPy is not installed.
    """
    present = np.bincount(receptions.receiver, minlength=receptions.phones) > 0
    heard = np.bincount(receptions.transmitter, minlength=receptions.phones) > 0
    arguments = _start(len(receptions.scenes))
    hears, sends = np.zeros(receptions.phones), np.zeros(receptions.phones)
    for done in range(rounds):
        offset = hears[receptions.receiver] + sends[receptions.transmitter]
        arguments = scipy_minimize_with_gradient(_cost(receptions, offset), arguments)
        hears, sends = _phone_offsets(receptions, RadioUnknowns.of(arguments), hears, sends)
        # A mean of all offsets is loss at any distance, and belongs there.
        arguments[0] += hears[present].mean() + sends[heard].mean()
        hears[present] -= hears[present].mean()
        sends[heard] -= sends[heard].mean()
        progress(done + 1, rounds)
    found = RadioUnknowns.of(arguments)
    return PathLoss(
        loss_at_one_metre_db=float(arguments[0]),
        exponent=found.exponent,
        shadowing_db=found.shadow,
        fading_db=found.fading,
        reception_db=found.limit,
        reception_spread_db=found.spread,
        receiver_db=float(hears[present].std()),
        transmitter_db=float(sends[heard].std()),
    )


def _cost(
    receptions: Receptions, offset: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    def cost(arguments: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        found = window_likelihood(receptions, offset, RadioUnknowns.of(arguments))
        return -float(found.log.mean()), -found.gradient / len(receptions)

    return cost


def _phone_offsets(
    receptions: Receptions,
    unknowns: RadioUnknowns,
    hears: NDArray[np.float64],
    sends: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move what shadows of one phone have in common into that phone's offset, a little at a time."""
    for _ in range(_OFFSET_STEPS):
        for phone, other, offsets in (
            (receptions.receiver, receptions.transmitter, (hears, sends)),
            (receptions.transmitter, receptions.receiver, (sends, hears)),
        ):
            own, others = offsets
            shadow = shadow_means(receptions, own[phone] + others[other], unknowns)
            windows = np.bincount(phone, minlength=len(own))
            own += _DAMPING * np.bincount(phone, shadow, minlength=len(own)) / (windows + _PRIOR_WINDOWS)
    return hears, sends


def mean_received_loss(metres: NDArray[np.float64], fitted: PathLoss) -> NDArray[np.float64]:
    """Mean loss in dB of the adverts that arrive over distances, phones unknown; float64 (n,)."""
    varies = float(np.sqrt(fitted.shadowing_db**2 + fitted.receiver_db**2 + fitted.transmitter_db**2))
    unknowns = RadioUnknowns(
        fitted.loss_at_one_metre_db,
        fitted.exponent,
        varies,
        fitted.fading_db,
        fitted.reception_db,
        fitted.reception_spread_db,
        burst=1.0,
        adverts=np.ones(1),
    )
    loss = unknowns.median(metres)[:, None] + varies * NODES
    arrives, wide = arrival_chance(loss, unknowns), unknowns.wide
    # The mean of a normal cut off softly at the limit (inverse Mills ratio).
    density = np.exp(-(((fitted.reception_db - loss) / wide) ** 2) / 2) / np.sqrt(2 * np.pi)
    shift = fitted.fading_db**2 / wide * density / np.maximum(arrives, 1e-12)
    share = arrives * NODE_SHARES
    received: NDArray[np.float64] = ((loss - shift) * share).sum(axis=1) / share.sum(axis=1)
    return received


def held_out_path_loss(
    scenes: Sequence[str],
    receptions_without: Callable[[int], tuple[Receptions, Receptions]],
    *,
    rounds: int = 3,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[HeldOutLoss]:
    """For each scene: fit on the others, and predict its windows' mean losses from their distances alone.

    :param receptions_without: for a scene's number, the receptions of all others and those of that one.
    :param progress: told the rounds done of all scenes' fits, and how many there are.
    """
    results = []
    for at, scene in enumerate(scenes):
        training, tested = receptions_without(at)
        before = at * rounds

        def in_all(done: int, _: int, before: int = before) -> None:
            progress(before + done, rounds * len(scenes))

        fitted = fit_path_loss(training, rounds=rounds, progress=in_all)
        seen = tested.total / tested.count
        error = seen - mean_received_loss(tested.metres, fitted)
        constant = seen - (training.total / training.count).mean()
        results.append(
            HeldOutLoss(
                scene=scene,
                windows=len(tested),
                rmse_db=float(np.sqrt((error**2).mean())),
                constant_rmse_db=float(np.sqrt((constant**2).mean())),
                bias_db=float(error.mean()),
            )
        )
    return results
