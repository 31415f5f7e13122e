"""The radio drawn by numpy: against hand calculation, closed forms, and agents on the virtual air."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from bluezone.protocols.gaen import rolling_proximity_identifiers
from bluezone.replay import radio_model
from bluezone.replay.contact_trace import LOCAL_MIDNIGHT, ContactTrace, trace_from_rows
from bluezone.replay.day import Contact, Day, Person
from bluezone.replay.device_schedule import Schedule, schedule, switched_on
from bluezone.replay.direct_radio import Heard, RadioConstants, heard_among, listen
from bluezone.replay.fleet import live_through, open_fleet

HOUR = 3600
SEVEN = 7 * HOUR
"""In Hanoi; 00:00 UTC, when keys change."""

STILL = RadioConstants(
    loss_at_one_metre_db=60.0,
    exponent=2.0,
    transmitter_db=0.0,
    receiver_db=0.0,
    shadowing_db=0.0,
    fading_db=0.0,
    reception_db=80.0,
    reception_spread_db=0.0,
    reach_db=90.0,
    measured_db=0.0,
)
"""Nothing is drawn: 60 dB at a metre, 6.02 dB more at twice the distance."""


def together(metres: float, *, pairs: int = 1, hours: int = 1, day: int = 0) -> ContactTrace:
    """So many pairs (1-2, 3-4, ...), each at one distance from 09:00 on."""
    return trace_from_rows(
        (day, 9 * HOUR + 300 * step, 2 * pair + 1, 2 * pair + 2, metres)
        for pair in range(pairs)
        for step in range(12 * hours)
    )


def heard_of(trace: ContactTrace, constants: RadioConstants = STILL, seed: int = 1) -> tuple[Schedule, Heard]:
    plan = schedule(len(trace.people), switched_on(trace), seed=seed)
    return plan, listen(trace, plan, seed=seed, constants=constants)


def strengths(trace: ContactTrace, constants: RadioConstants, seed: int = 1) -> np.ndarray:
    return heard_of(trace, constants, seed)[1].rssi


# The median


def test_loss_by_hand() -> None:
    # 60 + 20·log10(2) = 66.02; 60 + 20·log10(0.3) = 49.54, and no less than at 30 cm
    losses = STILL.median_loss(np.array([1.0, 2.0, 10.0, 0.3, 0.0, np.nan]))
    assert losses[:5] == pytest.approx([60.0, 66.0206, 80.0, 49.5424, 49.5424], abs=1e-4)
    assert math.isnan(losses[5])


@pytest.mark.parametrize("metres", [0.0, 0.3, 1.0, 2.0, 17.5])
def test_loss_is_the_radio_model_s(metres: float) -> None:
    assert RadioConstants().median_loss(np.array([metres]))[0] == radio_model.median_attenuation(metres)


@pytest.mark.parametrize(("metres", "dbm"), [(1.0, -72), (2.0, -78), (0.5, -66), (9.9, -92)])
def test_without_noise_every_advert_arrives_as_strong_as_the_distance_says(metres: float, dbm: int) -> None:
    # -12 dBm less 60, 66.02, 53.98 and 79.91 dB
    plan, heard = heard_of(together(metres))
    assert set(heard.rssi.tolist()) == {dbm}
    # An hour has 12 to 15 scans of each device; 2 s hold 7 or 8 adverts that come every 275 ms.
    assert 24 <= len(heard.scan) <= 30
    assert set(np.diff(heard.offsets).tolist()) == {7, 8}
    times = plan.scan_time[heard.scan]
    assert times.min() >= 9 * HOUR
    assert times.max() < 10 * HOUR


def test_beyond_the_reception_limit_nothing_arrives() -> None:
    assert len(heard_of(together(10.1))[1].rssi) == 0  # 80.09 dB


def test_out_of_reach_nothing_arrives_however_good_the_receiver() -> None:
    keen = replace(STILL, reception_db=200.0)
    assert len(heard_of(together(31.0), keen)[1].rssi) > 0  # 89.8 dB
    assert len(heard_of(together(32.0), keen)[1].rssi) == 0  # 90.1 dB


def test_a_strength_is_what_a_receiver_can_report() -> None:
    near = replace(STILL, loss_at_one_metre_db=-60.0)
    assert set(strengths(together(1.0), near).tolist()) == {20}
    far = replace(STILL, loss_at_one_metre_db=150.0, reception_db=200.0, reach_db=200.0)
    assert set(strengths(together(1.0), far).tolist()) == {-127}


def test_a_measured_strength_is_the_same_loss_as_the_limit_of_nearness() -> None:
    # -75 dBm is near's limit like two metres: 66.02 dB; each dBm less is a dB more, and what was measured
    # was received, also beyond the limit of 80 dB.
    for measured, dbm in ((-75, -78), (-70, -73), (-95, -98)):
        trace = trace_from_rows(
            [(0, 9 * HOUR + 300 * step, 1, 2, measured) for step in range(12)], kind="copenhagen"
        )
        assert set(strengths(trace, STILL).tolist()) == {dbm}
        noisy = replace(STILL, measured_db=1.5, fading_db=30.0, shadowing_db=30.0, transmitter_db=30.0)
        drawn = strengths(trace, noisy)
        assert drawn.mean() == pytest.approx(dbm, abs=0.5)
        assert drawn.std() == pytest.approx(math.hypot(1.5, 1 / math.sqrt(12)), abs=0.3)


# What is drawn


def test_each_deviation_is_the_stated_one() -> None:
    trace = together(1.0, pairs=400)
    near = replace(STILL, loss_at_one_metre_db=20.0)
    rounding = 1 / math.sqrt(12)
    for name, spread in (("fading_db", 5.0), ("shadowing_db", 4.0), ("transmitter_db", 3.0)):
        drawn = strengths(trace, replace(near, **{name: spread}))
        assert drawn.mean() == pytest.approx(-32.0, abs=4 * spread / math.sqrt(800))
        assert drawn.std() == pytest.approx(math.hypot(spread, rounding), rel=0.1)
    everything = replace(near, fading_db=5.0, shadowing_db=4.0, transmitter_db=3.0, receiver_db=2.0)
    assert strengths(trace, everything).std() == pytest.approx(math.sqrt(25 + 16 + 9 + 4), rel=0.05)


def by_direction(trace: ContactTrace, constants: RadioConstants) -> dict[tuple[int, int], list[float]]:
    """Mean strength of each scan of a receiver that heard a sender, in order of time."""
    plan, heard = heard_of(trace, constants)
    found = defaultdict(list)
    for row, (first, end) in enumerate(zip(heard.offsets[:-1], heard.offsets[1:], strict=True)):
        receiver = int(plan.scan_person[heard.scan[row]])
        sender = int(plan.identifier_person[heard.identifier[row]])
        found[receiver, sender].append(float(heard.rssi[first:end].mean()))
    return found


def test_shadows_fall_both_ways_for_five_minutes_and_phones_keep_their_own() -> None:
    # A scan begins in every step of five minutes, sometimes two do: so sets are compared.
    shadows = by_direction(together(1.0), replace(STILL, shadowing_db=6.0))
    assert set(shadows[0, 1]) == set(shadows[1, 0])
    assert len(set(shadows[0, 1])) > 6
    offsets = by_direction(together(1.0, pairs=9), replace(STILL, transmitter_db=5.0, receiver_db=5.0))
    assert {len(set(levels)) for levels in offsets.values()} == {1}
    # who hears weakly may be heard well
    assert sum(offsets[a, a + 1] != offsets[a + 1, a] for a in range(0, 18, 2)) > 5


def test_a_phone_s_offsets_are_the_same_towards_everybody() -> None:
    rows = [(0, 9 * HOUR + 300 * step, 1, other, 1.0) for step in range(12) for other in (2, 3)]
    found = by_direction(trace_from_rows(rows), replace(STILL, transmitter_db=5.0))
    assert found[1, 0][0] == found[2, 0][0] != -72
    found = by_direction(trace_from_rows(rows), replace(STILL, receiver_db=5.0))
    assert found[0, 1][0] == found[0, 2][0] != -72


@pytest.mark.parametrize("metres", [2.0, 10.0, 14.0])
def test_as_many_adverts_arrive_as_the_closed_form_says(metres: float) -> None:
    """An advert arrives as often as a normal loss, reception's spread in it, is below the limit."""
    constants = RadioConstants(reach_db=math.inf)
    trace = together(metres, pairs=600)
    sent = 600 * 2 * HOUR / 270 * 2.0 / 0.275
    spread = math.sqrt(
        constants.transmitter_db**2
        + constants.receiver_db**2
        + constants.shadowing_db**2
        + constants.fading_db**2
        + constants.reception_spread_db**2
    )
    limit = NormalDist(radio_model.median_attenuation(metres), spread).cdf(constants.reception_db)
    # 1,200 directions that each keep their phones' offsets: 3 standard errors are below 0.03.
    assert len(strengths(trace, constants)) / sent == pytest.approx(limit, abs=0.03)


def test_the_same_seed_gives_the_same_air_and_another_another() -> None:
    trace = together(3.0, pairs=5)
    one, again, other = (heard_of(trace, RadioConstants(), seed)[1] for seed in (4, 4, 5))
    for column in ("scan", "identifier", "offsets", "rssi"):
        assert np.array_equal(getattr(one, column), getattr(again, column))
    assert not np.array_equal(one.rssi, other.rssi)


def by_hand(people: int, days: int) -> Schedule:
    """Everybody scans once, at the same time of every day, under an identifier of that day."""
    person, day = np.divmod(np.arange(people * days), days)
    return Schedule(
        scan_person=person.astype(np.int32),
        scan_time=day * 86_400.0 + 9 * HOUR + 60,
        scan_stands_for=np.full(len(day), 2, np.int32),
        identifier_person=person.astype(np.int32),
        identifier_start=day * 86_400.0 + 9 * HOUR,
    )


def test_every_day_fades_by_itself() -> None:
    """The same people at the same places and times: draws that came again would be no chance."""
    pairs, days = 200, 3
    rows = [(day, 9 * HOUR, 2 * pair + 1, 2 * pair + 2, 1.0) for day in range(days) for pair in range(pairs)]
    keen = replace(STILL, reception_db=200.0, fading_db=5.0)
    plan = by_hand(2 * pairs, days)
    heard = listen(trace_from_rows(rows), plan, seed=1, constants=keen)
    of_day = np.floor_divide(plan.scan_time[heard.scan], 86_400).astype(int)
    first = heard.rssi[heard.offsets[:-1]].astype(float)
    faded = [first[of_day == day] for day in range(days)]
    assert [len(one) for one in faded] == [2 * pairs] * days
    adverts = [np.diff(heard.offsets)[of_day == day].tolist() for day in range(days)]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        # Of independent draws the correlation has a standard error of 1/√400 = 0.05.
        assert abs(np.corrcoef(faded[one], faded[other])[0, 1]) < 0.25
        assert adverts[one] != adverts[other]


def test_what_is_drawn_for_phones_tells_nothing_of_shadows_nor_of_each_other() -> None:
    """A stream that served two purposes would make the phones that send weakly stand in shadows, say."""
    pairs = 400
    rows = [(0, 9 * HOUR, 2 * pair + 1, 2 * pair + 2, 1.0) for pair in range(pairs)]
    plan = by_hand(2 * pairs, 1)

    def drawn(**deviations: float) -> np.ndarray:
        """What adds to the loss: column 0 where the pair's first hears, column 1 where its second does."""
        keen = replace(STILL, reception_db=200.0, **deviations)
        heard = listen(trace_from_rows(rows), plan, seed=1, constants=keen)
        return -72.0 - heard.rssi[heard.offsets[:-1]].reshape(pairs, 2)

    shadows = drawn(shadowing_db=5.0)
    assert (shadows[:, 0] == shadows[:, 1]).all()
    # In order of person: the second of a pair is whom the first hears.
    sends = drawn(transmitter_db=5.0)[:, ::-1].ravel()
    hears = drawn(receiver_db=5.0).ravel()
    for one, other in ((shadows[:, 0], sends[:pairs]), (shadows[:, 0], hears[:pairs]), (sends, hears)):
        assert one.std() == pytest.approx(5.0, rel=0.2)
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.25


def test_among_some_people_there_is_what_they_hear_of_each_other_unchanged() -> None:
    rows = [(0, 9 * HOUR + 300 * step, a, b, 1.5) for step in range(12) for a, b in ((1, 2), (1, 3), (2, 3))]
    trace = trace_from_rows(rows)
    plan, heard = heard_of(trace, RadioConstants())
    some = heard_among(heard, plan, np.array([True, False, True]))
    kept = [
        row
        for row in range(len(heard.scan))
        if {int(plan.scan_person[heard.scan[row]]), int(plan.identifier_person[heard.identifier[row]])}
        == {0, 2}
    ]
    assert 0 < len(kept) < len(heard.scan)
    assert some.scan.tolist() == heard.scan[kept].tolist()
    assert some.identifier.tolist() == heard.identifier[kept].tolist()
    assert some.rssi.tolist() == [
        level for row in kept for level in heard.rssi[heard.offsets[row] : heard.offsets[row + 1]].tolist()
    ]
    assert np.diff(some.offsets).tolist() == np.diff(heard.offsets)[kept].tolist()


def test_a_crowd_s_rows_are_in_order_of_the_scan_over_days() -> None:
    rows = [
        (day, 9 * HOUR + 300 * step, a, b, 2.0)
        for day in (0, 1)
        for step in range(6)
        for a, b in ((1, 2), (1, 3), (2, 3))
    ]
    plan, heard = heard_of(trace_from_rows(rows), STILL)
    assert (np.diff(heard.scan) >= 0).all()
    assert heard.offsets[0] == 0
    assert heard.offsets[-1] == len(heard.rssi)
    # Each scan hears both others, under the last identifier that each had begun by then.
    assert set(np.bincount(heard.scan)[np.unique(heard.scan)].tolist()) == {2}
    person, start = plan.identifier_person, plan.identifier_start
    for scan, identifier in zip(heard.scan, heard.identifier, strict=True):
        of_sender = start[person == person[identifier]]
        assert of_sender[of_sender <= plan.scan_time[scan]].max() == start[identifier]


# When devices are on


def test_devices_are_on_while_there_are_rows() -> None:
    rows = [(0, SEVEN, 1, 2, 1.0), (0, SEVEN + 900, 1, 2, 1.0), (2, 9 * HOUR, 1, 2, 1.0)]
    assert switched_on(trace_from_rows(rows)) == [
        (SEVEN, SEVEN + 1200),
        (2 * 86400 + 9 * HOUR, 2 * 86400 + 33_000 - 300),
    ]
    # to the end of one day and on from the beginning of the next: one stretch
    night = [(0, 86_100, 1, 2, 1.0), (1, 300, 1, 2, 1.0)]
    assert switched_on(trace_from_rows(night)) == [(86_100, 86_400 + 600)]


def test_scans_and_identifiers_come_at_the_agent_s_times() -> None:
    stretches = [(SEVEN, SEVEN + 10 * HOUR), (86_400 + SEVEN, 86_400 + SEVEN + HOUR)]
    plan = schedule(40, stretches, seed=2)
    assert set(plan.scan_person.tolist()) == set(range(40))
    gaps = []
    for person in range(40):
        times = plan.scan_time[plan.scan_person == person]
        seconds = plan.scan_stands_for[plan.scan_person == person]
        for start, end in stretches:
            during = (times >= start - 300) & (times < end)
            # Switched on within five minutes before, so that each record finds it scanning.
            assert start - 300 <= times[during][0] <= start
            assert end - times[during][-1] <= 300
            assert seconds[during][0] == 2  # the first scan stands only for itself
            assert seconds[during][1:].tolist() == [round(gap) for gap in np.diff(times[during])]
            gaps += np.diff(times[during]).tolist()
        starts = plan.identifier_start[plan.identifier_person == person]
        intervals = plan.identifier_intervals()[plan.identifier_person == person]
        assert len(set(intervals.tolist())) == len(intervals)  # no interval is aired twice
        assert (intervals == (LOCAL_MIDNIGHT + starts) // 600).all()
        kept = np.diff(starts)
        assert (((kept >= 600) & (kept <= 1200)) | (kept > 10 * HOUR)).all()
    assert min(gaps) >= 240
    assert max(gaps) <= 300
    assert np.mean(gaps) == pytest.approx(270, abs=1)


def test_a_key_s_day_ends_its_identifier_and_one_before_the_record_is_left_out() -> None:
    plan = schedule(30, [(SEVEN - HOUR, SEVEN + HOUR)], seed=3)
    for person in range(30):
        starts = plan.identifier_start[plan.identifier_person == person]
        assert SEVEN in starts  # 00:00 UTC
        assert 5 <= len(starts) <= 14
    at_the_change = schedule(30, [(SEVEN, SEVEN + HOUR)], seed=3)
    assert at_the_change.identifier_start.min() == SEVEN
    assert set(at_the_change.identifier_start[at_the_change.identifier_start < SEVEN + 1]) == {SEVEN}


# A second implementation: agents that scan and advertise over HCI packets on the virtual air


PLACES = {
    "1": (0.0, 0.0),
    "2": (1.0, 0.0),
    "3": (0.0, 2.0),
    "4": (4.0, 0.0),
    "5": (60.0, 0.0),
    "6": (61.5, 0.0),
}


def test_direct_radio_hears_what_agents_hear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rooms for two hours: the same pairs, equally often, at the same mean strength.

    What lasts longer than a scan is left out of both, since their draws differ: then a pair's mean over some
    25 scans of 7 adverts that fade by 5.9 dB has a standard error of 0.45 dB.
    """
    for lasting in ("TRANSMITTER_DB", "RECEIVER_DB", "SHADOWING_DB"):
        monkeypatch.setattr(radio_model, lasting, 0.0)
    constants = RadioConstants(transmitter_db=0.0, receiver_db=0.0, shadowing_db=0.0)
    distances = {(a, b): math.dist(PLACES[a], PLACES[b]) for a in PLACES for b in PLACES if a < b}
    start, hours = 9 * HOUR, 2
    trace = trace_from_rows(
        (0, start + 300 * step, a, b, metres)
        for (a, b), metres in distances.items()
        for step in range(12 * hours)
    )
    direct = by_direction(trace, constants)
    day = Day(
        "t",
        "script",
        "t",
        LOCAL_MIDNIGHT + start - 300,
        LOCAL_MIDNIGHT + start + hours * HOUR,
        tuple(Person(one, one) for one in PLACES),
        tuple(
            Contact(a, b, LOCAL_MIDNIGHT + start, LOCAL_MIDNIGHT + start + hours * HOUR, metres)
            for (a, b), metres in distances.items()
        ),
        "1",
    )
    with open_fleet(day, tmp_path) as fleet:
        receptions = live_through(day, fleet, seed=1)
        whose = {
            rpi: person
            for person, store in fleet.stores.items()
            for key in store.own_keys()
            for rpi in rolling_proximity_identifiers(key.tek)
        }
        agents = defaultdict(list)
        for person, store in fleet.stores.items():
            for rpi, typical in store.query("SELECT rpi, typical_rssi FROM encounters"):
                agents[int(person) - 1, int(whose[rpi]) - 1].append(float(typical))
    assert direct.keys() == agents.keys()
    assert len(direct) == 2 * (6 + 1)  # among four people and among two; nobody hears the other room
    for pair, levels in direct.items():
        assert np.mean(levels) == pytest.approx(np.mean(agents[pair]), abs=2.0)
        assert len(levels) == pytest.approx(len(agents[pair]), abs=3)
    assert len(heard_of(trace, constants)[1].rssi) == pytest.approx(receptions, rel=0.05)
