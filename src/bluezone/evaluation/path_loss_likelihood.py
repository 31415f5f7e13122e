"""How likely receptions are by a radio model, and which way it grows: what the fit of the radio climbs.

In a window ``count`` adverts arrived, of mean loss ``total / count``. Given its shadow, a loss ``l`` in dB:

    strengths:  each normal about l (fading), cut off softly at the limit: divided by the chance to arrive
    count:      negative binomial about adverts sent times the chance to arrive, not zero

The shadow is normal and integrated out by Gauss-Hermite quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluezone.evaluation.receptions import Receptions

__all__ = [
    "NODES",
    "NODE_SHARES",
    "RadioUnknowns",
    "WindowLikelihood",
    "arrival_chance",
    "shadow_means",
    "window_likelihood",
]

NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
NODE_SHARES = _WEIGHTS / _WEIGHTS.sum()
_LOG_SHARES = np.log(NODE_SHARES)
_LOG_ROOT_TAU = 0.5 * np.log(2 * np.pi)
_LEAST_LOG_CHANCE = -27.0  # 2e-12: below it a search would only chase rounding


@dataclass(frozen=True, slots=True, eq=False)
class RadioUnknowns:
    """What is searched: the constants but the phones', and how often each scene's phones tried.

    In dB but ``exponent``. ``burst``: shape of the negative binomial; ``adverts`` float64 (scenes,): mean
    number sent in a window.
    """

    loss: float
    exponent: float
    shadow: float
    fading: float
    limit: float
    spread: float
    burst: float
    adverts: NDArray[np.float64]

    @classmethod
    def of(cls, arguments: NDArray[np.float64]) -> RadioUnknowns:
        """Deviations and rates are searched by their logarithms, so that they stay positive.

        A search may leap: logarithms are kept within what a double can bear.
        """
        positive = np.exp(np.clip(arguments, -20.0, 20.0))
        return cls(
            loss=float(arguments[0]),
            exponent=float(arguments[1]),
            shadow=float(positive[2]),
            fading=float(positive[3]),
            limit=float(arguments[4]),
            spread=float(positive[5]),
            burst=float(positive[6]),
            adverts=positive[7:],
        )

    @property
    def wide(self) -> float:
        """Deviation in dB of an advert's loss together with that of the limit it must stay below."""
        return float(np.hypot(self.fading, self.spread))

    def median(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Loss in dB over distances, phones and shadow aside."""
        return self.loss + 10 * self.exponent * np.log10(metres)


@dataclass(frozen=True, slots=True, eq=False)
class WindowLikelihood:
    """``log`` float64 (n,) of ``n`` windows; ``gradient`` float64 (7 + scenes,): of its sum, by the arguments
    of :meth:`RadioUnknowns.of`."""

    log: NDArray[np.float64]
    gradient: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    """By window and node of the shadow, float64 (n, 15) each, unless they do not depend on the shadow.

    ``shadows`` (15,) and ``loss`` in dB; ``beyond``: how many deviations the limit lies above the loss;
    ``log_arrives``: logarithm of the chance to arrive; ``mean``: adverts expected; ``share``: burst over
    burst plus mean; ``some``: the chance of at least one; ``squares``: of losses about ``loss``, summed;
    ``log`` (n,): likelihood but for what the shadow does not change; ``posterior``: of each node.
    """

    shadows: NDArray[np.float64]
    loss: NDArray[np.float64]
    beyond: NDArray[np.float64]
    log_arrives: NDArray[np.float64]
    mean: NDArray[np.float64]
    share: NDArray[np.float64]
    some: NDArray[np.float64]
    squares: NDArray[np.float64]
    log: NDArray[np.float64]
    posterior: NDArray[np.float64]


def arrival_chance(loss: NDArray[np.float64], unknowns: RadioUnknowns) -> NDArray[np.float64]:
    """The chance that an advert arrives, by its median loss in dB."""
    from scipy.special import ndtr

    chance: NDArray[np.float64] = ndtr((unknowns.limit - loss) / unknowns.wide)
    return chance


def shadow_means(
    receptions: Receptions, offset: NDArray[np.float64], unknowns: RadioUnknowns
) -> NDArray[np.float64]:
    """Float64 (n,) in dB: the posterior mean of each window's shadow."""
    terms = _terms(receptions, offset, unknowns)
    return terms.posterior @ terms.shadows


def window_likelihood(
    receptions: Receptions, offset: NDArray[np.float64], unknowns: RadioUnknowns
) -> WindowLikelihood:
    """Log likelihood of each window and its gradient; ``offset`` float64 (n,): of its two phones, in dB."""
    from scipy.special import digamma, gammaln, log_ndtr

    terms = _terms(receptions, offset, unknowns)
    odds = (unknowns.limit - receptions.loss) / unknowns.spread
    accepts = log_ndtr(odds)
    burst, count = unknowns.burst, receptions.count
    log = (
        terms.log
        + np.bincount(receptions.window, accepts)
        + gammaln(count + burst)
        - gammaln(burst)
        - gammaln(count + 1)
    )
    gradient = _gradient(receptions, unknowns, terms)
    accept_mills = np.exp(-(odds**2) / 2 - _LOG_ROOT_TAU - accepts)
    gradient[4] += accept_mills.sum() / unknowns.spread
    gradient[5] -= (accept_mills * odds).sum()
    gradient[6] += burst * (digamma(count + burst) - digamma(burst)).sum()
    return WindowLikelihood(log, gradient)


def _terms(receptions: Receptions, offset: NDArray[np.float64], unknowns: RadioUnknowns) -> _Terms:
    from scipy.special import log_ndtr, logsumexp

    count = receptions.count[:, None]
    fading, burst = unknowns.fading, unknowns.burst
    shadows = unknowns.shadow * NODES
    loss = (unknowns.median(receptions.metres) + offset)[:, None] + shadows
    beyond = (unknowns.limit - loss) / unknowns.wide
    log_arrives = np.maximum(log_ndtr(beyond), _LEAST_LOG_CHANCE)
    mean = unknowns.adverts[receptions.scene][:, None] * np.exp(log_arrives)
    squares = receptions.squares[:, None] - 2 * loss * receptions.total[:, None] + count * loss**2
    strengths = -squares / (2 * fading**2) - count * (np.log(fading) + _LOG_ROOT_TAU + log_arrives)
    share = burst / (burst + mean)
    none = np.minimum(burst * np.log(share), -1e-9)
    some = -np.expm1(none)  # at least one arrived, or the window would not be in the data
    joint = strengths + none + count * (np.log(mean) - np.log(burst + mean)) - np.log(some) + _LOG_SHARES
    log: NDArray[np.float64] = logsumexp(joint, axis=1)
    posterior = np.exp(joint - log[:, None])
    return _Terms(shadows, loss, beyond, log_arrives, mean, share, some, squares, log, posterior)


def _gradient(receptions: Receptions, unknowns: RadioUnknowns, terms: _Terms) -> NDArray[np.float64]:
    """Of the sum of ``terms.log``: each term's derivative, averaged over the shadow."""
    count = receptions.count[:, None]
    by_mean = terms.share * (count - terms.mean / terms.some)  # by its logarithm
    # How the logarithm of a normal's lower tail grows: the inverse Mills ratio.
    mills = np.exp(-(terms.beyond**2) / 2 - _LOG_ROOT_TAU - terms.log_arrives)
    by_limit = (by_mean - count) * mills / unknowns.wide
    by_loss = (receptions.total[:, None] - count * terms.loss) / unknowns.fading**2 - by_limit
    by_width = -by_limit * terms.beyond / unknowns.wide
    by_burst = (np.log(terms.share) + 1 - terms.share) / terms.some - count * terms.share / unknowns.burst
    decades = 10 * np.log10(receptions.metres)[:, None]
    over_windows = np.array(
        [
            np.einsum("ij,ij->", terms.posterior, derivative)
            for derivative in (
                by_loss,
                by_loss * decades,
                by_loss * terms.shadows,
                terms.squares / unknowns.fading**2 - count + by_width * unknowns.fading**2,
                by_limit,
                by_width * unknowns.spread**2,
                by_burst * unknowns.burst,
            )
        ]
    )
    of_windows = np.einsum("ij,ij->i", terms.posterior, by_mean)
    of_scenes = np.bincount(receptions.scene, of_windows, len(unknowns.adverts))
    return np.concatenate((over_windows, of_scenes))
