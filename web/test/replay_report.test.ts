import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReplay } from "../src/replay/report.js";
import { ReportError } from "../src/shared/fields.js";
import { replaySample } from "./replay_sample.js";

type Loose = Record<string, any>;

function written(): Loose {
  const report: Loose = JSON.parse(JSON.stringify(replaySample()));
  // As the command writes it: no field for what was not recorded.
  for (const day of report["person_days"]) for (const row of day.by_preset) delete row.looked_up_db;
  delete report["resumed"];
  return report;
}

function refused(change: (report: Loose) => void, message: RegExp): void {
  const report = written();
  change(report);
  assert.throws(() => parseReplay(report), (error) => error instanceof ReportError && message.test(error.message));
}

test("a report reads as it was written; a preset that says nothing looks at the typical attenuation", () => {
  assert.deepEqual(parseReplay(written()), replaySample());
  const report = written();
  delete report["presets"][0].of_scan;
  assert.equal(parseReplay(report).presets[0]?.of_scan, "typical");
});

test("what the command adds later is no fault", () => {
  assert.equal(parseReplay({ ...written(), weather: "rain" }).people, 469);
});

test("units that earlier runs had done", () => {
  assert.equal(parseReplay({ ...written(), resumed: 3 }).resumed, 3);
  refused((report) => (report["resumed"] = 0.5), /report\.resumed: must be a whole number/);
});

test("a share says from how many draws it is: at least one, at most the seeds times the draws of who has the app", () => {
  assert.equal(parseReplay(written()).sweep[0]?.precision?.of, 1);
  const of = (value: unknown) => (report: Loose) => (report["sweep"][0].sensitivity.of = value);
  refused((report) => delete report["sweep"][0].sensitivity.of, /report\.sweep\[0\]\.sensitivity\.of: must be a number/);
  refused(of(0), /report\.sweep\[0\]\.sensitivity\.of: must be from 1 to 40/);
  refused(of(41), /report\.sweep\[0\]\.sensitivity\.of: must be from 1 to 40/);
  refused(of(1.5), /report\.sweep\[0\]\.sensitivity\.of: must be a whole number/);
  refused((report) => (report["thresholds"][0].sensitivity.of = 5), /report\.thresholds\[0\]\.sensitivity\.of: must be from 1 to 4/);
  refused((report) => delete report["delays"][0].days_to_warning.of, /report\.delays\[0\]\.days_to_warning\.of: must be a number/);
});

test("a row of the sweep says how often who has the app was drawn", () => {
  assert.deepEqual(parseReplay(written()).sweep.map(({ draws }) => draws), [10, 1]);
  refused((report) => delete report["sweep"][1].draws, /report\.sweep\[1\]\.draws: must be a number/);
  refused((report) => (report["sweep"][1].draws = 0), /report\.sweep\[1\]\.draws: must be at least 1/);
  refused((report) => (report["sweep"][1].draws = 2.5), /report\.sweep\[1\]\.draws: must be a whole number/);
  refused((report) => (report["sweep"][1].seeds = 2.5), /report\.sweep\[1\]\.seeds: must be a whole number/);
});

test("nulls, no sweep and nobody's day are no faults", () => {
  const bare = { ...written(), sensitivity: null, precision: null, sweep: [], thresholds: [], delays: [], person_days: [] };
  const report = parseReplay(bare);
  assert.equal(report.sensitivity, null);
  assert.deepEqual(report.sweep, []);
});

test("what is no report is refused with the place of the fault", () => {
  assert.throws(() => parseReplay([]), /^Error: report: must be an object/);
  refused((report) => delete report["near_pair_days"], /report\.near_pair_days: must be a number/);
  refused((report) => (report["sensitivity"] = 1.2), /report\.sensitivity: must be from 0 to 1/);
  refused((report) => delete report["precision"], /report\.precision: must be a number/);
  refused((report) => (report["people"] = 0), /report\.people: must be at least 1/);
  refused((report) => (report["source"].kind = "script"), /report\.source\.kind: must be one of haslemere/);
  refused((report) => (report["sweep"][1].sensitivity.high = "all"), /report\.sweep\[1\]\.sensitivity\.high: must be a number/);
  refused((report) => delete report["sweep"][0].reachable, /report\.sweep\[0\]\.reachable: must be an object/);
  refused((report) => report["presets"][0].weights.pop(), /report\.presets\[0\]\.weights: must be one more than below_db/);
  refused((report) => report["presets"][0].below_db.reverse(), /report\.presets\[0\]\.below_db: must be rising/);
  refused((report) => (report["person_days"][0].verdict = "maybe"), /report\.person_days\[0\]\.verdict: must be one of right/);
  refused(
    (report) => report["person_days"][0].by_preset[0].minutes.pop(),
    /report\.person_days\[0\]\.by_preset\[0\]\.minutes: must be as many as the sightings/,
  );
  refused(
    (report) => (report["person_days"][0].by_preset[0].looked_up_db = [58]),
    /by_preset\[0\]\.looked_up_db: must be as many as the sightings/,
  );
});

test("a preset that nobody described is refused wherever it is named", () => {
  refused((report) => (report["options"].preset = "x"), /report\.options: no preset has the name "x"/);
  refused((report) => (report["sweep"][0].preset = "x"), /report\.sweep: no preset/);
  refused((report) => (report["thresholds"][0].preset = "x"), /report\.thresholds: no preset/);
  refused((report) => (report["delays"][0].preset = "x"), /report\.delays: no preset/);
  refused((report) => (report["person_days"][0].by_preset[0].preset = "x"), /report\.person_days: no preset/);
});
