/** A small replay's report for the tests; its person's day is that of tests/e2e/sample_replay_report.py. */

import type { Judged, PersonDay, Preset, ReplayReport, Spread, SweepRow } from "../src/replay/report.js";

/** 09:00 on 10 March 2021 in Hanoi. */
export const NINE = Date.UTC(2021, 2, 10, 2) / 1000;

export const BLUEZONE: Preset = {
  name: "bluezone",
  title: "Bluezone, untuned",
  version: 1,
  below_db: [55, 61, 67],
  weights: [1.2, 1, 0.5, 0],
  high_minutes: 12,
  of_scan: "typical",
};

export const ANY: Preset = { ...BLUEZONE, name: "any", title: "Any sighting", below_db: [], weights: [1], high_minutes: 0 };

/** Of one draw for each of four seeds, unless told otherwise. */
export function spread(mean: number, by = 0, of = 4): Spread {
  return { mean, low: mean - by, high: mean + by, of };
}

export function sweepRow(adoption: number, sensitivity: Spread | null, more: Partial<SweepRow> = {}): SweepRow {
  return {
    preset: "bluezone",
    adoption,
    seeds: 4,
    draws: 1,
    sensitivity,
    precision: null,
    reachable: null,
    p_squared: adoption * adoption,
    ...more,
  };
}

export function judged(minutes: readonly number[], more: Partial<Judged> = {}): Judged {
  return {
    preset: "bluezone",
    minutes,
    looked_up_db: null,
    score: minutes.reduce((sum, one) => sum + one, 0),
    high_minutes: 12,
    warns: true,
    ...more,
  };
}

export const MINUTES: readonly number[] = [4.8, 4, 4, 4.8, 4, 2, 2, 0];

export function personDay(): PersonDay {
  return {
    person: "17",
    f0: "3",
    date: "2021-03-10",
    near_seconds: 1200,
    verdict: "right",
    truth: [{ from: NINE, to: NINE + 1200, metres: 1.5 }],
    sightings: [54, 57, 58, 53, 60, 64, 66, 70].map((typical_db, index) => ({
      time: NINE + 240 * (index + 1),
      typical_db,
      min_db: typical_db - 3,
      seconds: 240,
    })),
    by_preset: [judged(MINUTES)],
  };
}

export function replaySample(): ReplayReport {
  return {
    people: 469,
    steps: 576,
    near_pairs: 1283,
    near_pair_days: 1947,
    f0: 5,
    true_contacts: 40,
    warned: 50,
    sensitivity: 0.85,
    precision: 0.68,
    source: { kind: "haslemere", name: "HaslemereProximity.csv", days: 3, roles: false },
    options: { seed: 1, seeds: 4, f0: 5, adoption: 1, preset: "bluezone", delay_days: 0 },
    presets: [BLUEZONE, ANY],
    radio: { name: "r", loss_at_one_metre_db: 55, exponent: 2, device_db: 3, shadowing_db: 4, fading_db: 3 },
    sweep: [sweepRow(0.5, spread(0.2, 0.05, 40), { draws: 10, precision: spread(1, 0, 1) }), sweepRow(1, spread(0.8))],
    thresholds: [{ preset: "bluezone", minutes: 12, shift_db: 0, seeds: 4, sensitivity: spread(0.8), precision: null }],
    delays: [
      { preset: "any", delay_days: 2, seeds: 4, sensitivity: null, precision: null, days_to_warning: spread(3.5, 1) },
    ],
    person_days: [personDay()],
    resumed: 0,
    seconds: 41.27,
  };
}
