import assert from "node:assert/strict";
import { test } from "node:test";
import { peopleOfHundred, plainNumber, replayFrom, shareInWords, spreadInWords } from "../src/replay/replay.js";
import {
  DISTRICT_ADOPTION,
  drawsAt,
  expected,
  fullSensitivity,
  hasSpread,
  isUncertain,
  levels,
  outOfHundred,
  presetsOf,
  runs,
} from "../src/replay/sweep.js";
import { shadeOf } from "../src/replay/thresholds.js";
import { replaySample, spread, sweepRow } from "./replay_sample.js";

test("p²: with 85 % at full adoption, the district's 39,12 % leaves 13,01 %", () => {
  // 157542 / 402706 = 0,391208...; squared 0,153044; times 0,85 = 0,130087.
  assert.equal(expected(0.85, DISTRICT_ADOPTION).toFixed(6), "0.130087");
  assert.equal(expected(0.85, 1), 0.85);
  assert.equal(expected(0.85, 0), 0);
});

test("full adoption is read from the sweep, and unknown without it", () => {
  const rows = [sweepRow(0.5, spread(0.2)), sweepRow(1, spread(0.8)), sweepRow(1, spread(0.9), { preset: "any" })];
  assert.equal(fullSensitivity(rows, "bluezone"), 0.8);
  assert.equal(fullSensitivity(rows, "any"), 0.9);
  assert.equal(fullSensitivity(rows.slice(0, 1), "bluezone"), null);
  assert.equal(fullSensitivity([sweepRow(1, null)], "bluezone"), null);
});

test("a line is in order and breaks where nothing is known", () => {
  const rows = [sweepRow(1, spread(0.8)), sweepRow(0.2, spread(0.1)), sweepRow(0.6, null), sweepRow(0.4, spread(0.2))];
  const found = runs(rows, (row) => row.adoption, (row) => row.sensitivity, (row) => row.seeds);
  assert.deepEqual(found.map((run) => run.map(({ x }) => x)), [[0.2, 0.4], [1]]);
  assert.deepEqual(runs([], () => 0, () => null, () => 1), []);
  assert.deepEqual(runs([sweepRow(1, null)], (row) => row.adoption, (row) => row.sensitivity, (row) => row.seeds), []);
});

test("under a quarter of the draws is uncertain, a quarter is not", () => {
  assert.deepEqual([1, 9, 10, 40].map((of) => isUncertain(spread(0.5, 0, of), 40)), [true, true, false, false]);
  assert.equal(isUncertain(spread(0.5, 0, 1), 4), false);
  const rows = [sweepRow(0.1, spread(1, 0, 1), { draws: 10 }), sweepRow(0.2, spread(0.5, 0, 40), { draws: 10 })];
  const [run] = runs(rows, (row) => row.adoption, (row) => row.sensitivity, (row) => row.seeds * row.draws);
  assert.deepEqual(run?.map(({ uncertain }) => uncertain), [true, false]);
});

test("how often who has the app was drawn, at the share that the other studies are of", () => {
  const rows = [sweepRow(0.4, null, { draws: 10 }), sweepRow(1, null)];
  assert.deepEqual([0.4, 1, 0.7].map((adoption) => drawsAt(rows, adoption)), [10, 1, 1]);
});

test("a band needs draws that differ", () => {
  const point = (mean: number, by = 0) => ({ x: 0, spread: spread(mean, by), uncertain: false });
  assert.equal(hasSpread([point(0.5)]), false);
  assert.equal(hasSpread([point(0.5), point(0.5, 0.1)]), true);
});

test("levels once and rising; presets in the report's order", () => {
  assert.deepEqual(levels([1, 0.1, 0.5, 0.1]), [0.1, 0.5, 1]);
  assert.deepEqual(presetsOf([{ preset: "b" }, { preset: "a" }, { preset: "b" }], ["a", "b", "c"]), ["a", "b"]);
});

test("of a hundred people: never nobody or everybody where that is not so", () => {
  assert.deepEqual(outOfHundred(0.845), { count: 85, bound: "exact" });
  assert.deepEqual(outOfHundred(0), { count: 0, bound: "exact" });
  assert.deepEqual(outOfHundred(1), { count: 100, bound: "exact" });
  assert.deepEqual(outOfHundred(0.002), { count: 1, bound: "below" });
  assert.deepEqual(outOfHundred(0.998), { count: 99, bound: "above" });
});

test("shades are fifths", () => {
  assert.deepEqual([0, 0.19, 0.2, 0.59, 0.6, 0.8, 1].map(shadeOf), [0, 0, 1, 2, 3, 4, 4]);
});

const vi = replayFrom(replaySample(), "vi");
const en = replayFrom(replaySample(), "en");

test("numbers in the reader's language", () => {
  assert.equal(shareInWords(vi, 0.4), "40\u00a0%");
  assert.equal(shareInWords(vi, 0.29), "29\u00a0%"); // 0.29 * 100 is 28.999999999999996
  assert.equal(shareInWords(vi, DISTRICT_ADOPTION), "39,12\u00a0%");
  assert.equal(shareInWords(en, DISTRICT_ADOPTION), "39.12\u00a0%");
  assert.equal(peopleOfHundred(vi, 0.85), "85\u00a0người");
  assert.equal(peopleOfHundred(vi, 0.001), "chưa đến 1\u00a0người");
  assert.equal(peopleOfHundred(en, 0.999), "more than 99\u00a0are");
  assert.equal(plainNumber(vi, 12), "12");
  assert.equal(plainNumber(vi, 1.25), "1,3");
});

test("a spread in words; of one seed, or of nothing, there is none", () => {
  const all = { rests: "" };
  assert.deepEqual(spreadInWords(vi, spread(0.5, 0.125), "percent", 4), { mean: "50,0\u00a0%", range: "37,5–62,5\u00a0%", ...all });
  assert.deepEqual(spreadInWords(en, spread(3.5, 1), "number", 4), { mean: "3.5", range: "2.5–4.5", ...all });
  assert.deepEqual(spreadInWords(vi, spread(0.5), "percent", 4), { mean: "50,0\u00a0%", range: "", ...all });
  assert.deepEqual(spreadInWords(vi, null, "percent", 4), { mean: "–", range: "", ...all });
});

test("a spread says on how many draws it rests, where that is not all", () => {
  assert.equal(spreadInWords(en, spread(1, 0, 1), "percent", 40).rests, "1 of 40 draws");
  assert.equal(spreadInWords(vi, spread(1, 0, 1), "percent", 40).rests, "1 trên 40 lần bốc thăm");
});

test("presets have a name in the reader's language, or their own title", () => {
  assert.equal(vi.presetName("bluezone"), "Bluezone");
  assert.equal(vi.presetName("any"), "Any sighting");
  assert.equal(vi.presetLook("any"), 1);
  assert.throws(() => vi.preset("nobody"), RangeError);
});
