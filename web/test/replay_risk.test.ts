import assert from "node:assert/strict";
import { test } from "node:test";
import { buckets, inTime, mostTelling, reachedAt, runningSums, spanOf } from "../src/replay/risk.js";
import { ANY, BLUEZONE, judged, MINUTES, NINE, personDay } from "./replay_sample.js";

test("four buckets between three limits, the outer ones without end", () => {
  assert.deepEqual(buckets(BLUEZONE), [
    { from: -Infinity, to: 55, weight: 1.2 },
    { from: 55, to: 61, weight: 1 },
    { from: 61, to: 67, weight: 0.5 },
    { from: 67, to: Infinity, weight: 0 },
  ]);
  assert.deepEqual(buckets(ANY), [{ from: -Infinity, to: Infinity, weight: 1 }]);
});

test("minutes add up by hand: 4,8 8,8 12,8 17,6 21,6 23,6 25,6 25,6", () => {
  const sums = runningSums(MINUTES).map((sum) => Number(sum.toFixed(9)));
  assert.deepEqual(sums, [4.8, 8.8, 12.8, 17.6, 21.6, 23.6, 25.6, 25.6]);
  assert.deepEqual(runningSums([]), []);
});

test("the threshold is reached at the third sighting, or never", () => {
  const sums = runningSums(MINUTES);
  assert.equal(reachedAt(sums, 12), 2);
  assert.equal(reachedAt(sums, 25.7), null);
  assert.equal(reachedAt(sums, 0), 0);
  assert.equal(reachedAt([], 0), null);
  // 0,1 ten times is 0,9999999999999999.
  assert.equal(reachedAt(runningSums(Array.from({ length: 10 }, () => 0.1)), 1), 9);
});

test("the day runs from the truth's start to the last sighting", () => {
  assert.deepEqual(spanOf(personDay()), { low: NINE, high: NINE + 1920 });
  assert.deepEqual(spanOf({ ...personDay(), truth: [] }), { low: NINE, high: NINE + 1920 });
  assert.deepEqual(spanOf({ ...personDay(), sightings: [] }), { low: NINE, high: NINE + 1200 });
  assert.equal(spanOf({ ...personDay(), truth: [], sightings: [] }), null);
});

test("a single moment still has a width", () => {
  const alone = [{ time: NINE, typical_db: 60, min_db: 60, seconds: 0 }];
  assert.deepEqual(spanOf({ ...personDay(), truth: [], sightings: alone }), { low: NINE, high: NINE + 60 });
});

test("sightings come in order of time and keep their minutes and what was looked at", () => {
  const day = personDay();
  const backwards = { ...day, sightings: [...day.sightings].reverse() };
  const looked = [...MINUTES.keys()].map((index) => 50 + index);
  const order = inTime(backwards, BLUEZONE, judged([...MINUTES].reverse(), { looked_up_db: [...looked].reverse() }));
  assert.deepEqual(order.map(({ minutes }) => minutes), MINUTES);
  assert.deepEqual(order.map(({ lookedUp }) => lookedUp), looked);
});

test("what a preset looks at where the report does not say", () => {
  const first = (of_scan: "typical" | "minimum" | "adjusted"): number | null | undefined =>
    inTime(personDay(), { ...BLUEZONE, of_scan }, judged(MINUTES))[0]?.lookedUp;
  assert.equal(first("typical"), 54);
  assert.equal(first("minimum"), 51);
  assert.equal(first("adjusted"), null);
});

test("the day shown first is the one nearest to its threshold; none that nothing was heard of", () => {
  const day = (score: number, heard = true) => ({
    ...personDay(),
    sightings: heard ? personDay().sightings : [],
    by_preset: [judged(MINUTES, { score })],
  });
  assert.equal(mostTelling([day(669), day(12, false), day(25.6), day(3), day(4)], "bluezone"), 4);
  assert.equal(mostTelling([day(669), day(25.6)], "any"), 0);
  assert.equal(mostTelling([], "bluezone"), 0);
});
