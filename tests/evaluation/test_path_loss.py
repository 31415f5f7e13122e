"""The radio of replays: a known one is found again, and the shipped constants are what the scenes give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from bluezone.evaluation.evaluate import evaluate_folder
from bluezone.evaluation.path_loss import PathLoss, fit_path_loss, held_out_path_loss, mean_received_loss
from bluezone.evaluation.path_loss_likelihood import RadioUnknowns, window_likelihood
from bluezone.evaluation.radio import RadioEvaluation
from bluezone.evaluation.receptions import Receptions
from bluezone.replay import radio_model

pytestmark = pytest.mark.xdist_group("path loss")  # the fit below is shared

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "risk-evaluation.md"


def made_up_receptions() -> Receptions:
    """1,500 windows: 58 dB at 1 m, exponent 2, offsets 3 and 4 dB, shadows 4, fading 5, limit 78."""
    rng = np.random.default_rng(7)
    windows, phones = 1_500, 40
    receiver, transmitter = rng.integers(0, phones, (2, windows))
    hears, sends = rng.normal(0, 3, phones), rng.normal(0, 4, phones)
    metres = np.exp(rng.uniform(np.log(0.5), np.log(12), windows))
    median = 58 + 20 * np.log10(metres) + hears[receiver] + sends[transmitter] + rng.normal(0, 4, windows)
    window = np.repeat(np.arange(windows), rng.poisson(20, windows))
    loss = median[window] + rng.normal(0, 5, len(window))
    arrives = loss + rng.normal(0, 2, len(window)) < 78
    loss, window = loss[arrives], window[arrives]
    seen, window = np.unique(window, return_inverse=True)
    return Receptions(
        scenes=("made up",),
        phones=phones,
        loss=loss,
        window=window,
        scene=np.zeros(len(seen), np.int64),
        receiver=receiver[seen],
        transmitter=transmitter[seen],
        metres=metres[seen],
        count=np.bincount(window),
        total=np.bincount(window, loss),
        squares=np.bincount(window, loss**2),
    )


def test_a_known_radio_is_found_again_although_weak_adverts_are_lost() -> None:
    receptions = made_up_receptions()
    fitted = fit_path_loss(receptions, rounds=3)
    assert fitted.exponent == pytest.approx(2.0, abs=0.3)
    assert fitted.loss_at_one_metre_db == pytest.approx(58, abs=2.0)
    assert fitted.shadowing_db == pytest.approx(4, abs=0.6)
    assert fitted.fading_db == pytest.approx(5, abs=0.3)
    assert fitted.reception_db == pytest.approx(78, abs=1.0)
    assert fitted.receiver_db == pytest.approx(3, abs=1.0)
    assert fitted.transmitter_db == pytest.approx(4, abs=1.2)
    # From afar only the lucky adverts arrive: the mean of these stays below the limit.
    near, far = mean_received_loss(np.array([1.0, 30.0]), fitted)
    assert near == pytest.approx(58, abs=2.0)
    assert far < 78 < 58 + 20 * np.log10(30.0)


@pytest.mark.parametrize("moved", [0.0, 0.3])
def test_the_gradient_is_the_slope_of_the_likelihood(moved: float) -> None:
    """Against differences over a millionth."""
    receptions = made_up_receptions()
    offset = np.random.default_rng(1).normal(0, 3, len(receptions))
    at = np.array([60.0, 2.0, np.log(4.5), np.log(5.5), 76.0, np.log(3.0), np.log(1.5), np.log(30.0)]) + moved

    def log_likelihood(arguments: np.ndarray) -> float:
        return float(window_likelihood(receptions, offset, RadioUnknowns.of(arguments)).log.mean())

    found = window_likelihood(receptions, offset, RadioUnknowns.of(at)).gradient / len(receptions)
    assert found == pytest.approx(approx_fprime(at, log_likelihood, 1e-6), rel=1e-3, abs=1e-5)


def test_a_left_out_scene_is_predicted_by_the_others() -> None:
    """The same made-up scene, once 12 dB weaker: whichever is left out is missed by those 12 dB."""
    usual = made_up_receptions()
    weaker = replace(
        usual,
        loss=usual.loss + 12,
        total=usual.total + 12 * usual.count,
        squares=usual.squares + 24 * usual.total + 144 * usual.count,
    )
    scenes = [usual, weaker]
    first, second = held_out_path_loss(("usual", "weaker"), lambda at: (scenes[1 - at], scenes[at]), rounds=1)
    assert first.bias_db == pytest.approx(-12, abs=1.5)
    assert second.bias_db == pytest.approx(12, abs=1.5)
    assert (first.scene, first.windows) == ("usual", len(usual))


@pytest.fixture(scope="module")
def radio(shared_data: Path) -> RadioEvaluation:
    radio = evaluate_folder(shared_data / "radio", radio=True).radio
    assert radio is not None
    return radio


def test_replays_have_the_radio_that_the_scenes_give(radio: RadioEvaluation) -> None:
    shipped = PathLoss(
        loss_at_one_metre_db=radio_model.LOSS_AT_ONE_METRE_DB,
        exponent=radio_model.PATH_LOSS_EXPONENT,
        shadowing_db=radio_model.SHADOWING_DB,
        fading_db=radio_model.FADING_DB,
        reception_db=radio_model.RECEPTION_DB,
        reception_spread_db=radio_model.RECEPTION_SPREAD_DB,
        receiver_db=radio_model.RECEIVER_DB,
        transmitter_db=radio_model.TRANSMITTER_DB,
    )
    for name in PathLoss.__slots__:
        assert getattr(radio.fitted, name) == pytest.approx(getattr(shipped, name), abs=0.06), name


def test_the_document_says_how_far_off_it_is_in_a_scene_left_out(radio: RadioEvaluation) -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    for scene in radio.held_out:
        row = (
            f"| {scene.scene} | {scene.windows:,} | {scene.rmse_db:.1f} dB | {scene.constant_rmse_db:.1f} dB "
            f"| {scene.bias_db:+.1f} dB |"
        )
        assert row in text


def test_a_scene_left_out_has_no_say_in_its_own_prediction(radio: RadioEvaluation) -> None:
    """The constant it is compared with is the mean of the other scenes' windows, here by hand."""
    loss = radio.receptions.total / radio.receptions.count
    for at, scene in enumerate(radio.held_out):
        own = radio.receptions.scene == at
        error = float(np.sqrt(((loss[own] - loss[~own].mean()) ** 2).mean()))
        assert scene.windows == own.sum()
        assert scene.constant_rmse_db == pytest.approx(error)
