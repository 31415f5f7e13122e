import assert from "node:assert/strict";
import { test } from "node:test";
import { level } from "../src/demo/matrix.js";
import { meetingsOf, metBy, nearness } from "../src/demo/meetings.js";
import { inOrder, riskSeconds, verdictOf } from "../src/demo/verdict.js";
import { contact, sample, START } from "./sample.js";

test("two metres is near, five is the middle, behind a wall is never near", () => {
  assert.equal(nearness(contact("a", "b", 0, 1, 2)), "near");
  assert.equal(nearness(contact("a", "b", 0, 1, 2.01)), "middle");
  assert.equal(nearness(contact("a", "b", 0, 1, 5.01)), "far");
  assert.equal(nearness(contact("a", "b", 0, 1, 1, 12)), "far");
});

test("rows of a pair join, and both see the same meeting", () => {
  const meetings = meetingsOf(sample().contacts);
  const seen = meetings.get("d02")?.get("d01");
  assert.deepEqual(seen?.spans.near, [{ from: START, to: START + 1200 }]);
  assert.deepEqual(seen?.spans.middle, [{ from: START + 1200, to: START + 1800 }]);
  assert.equal(seen?.nearSeconds, 1200);
  assert.equal(seen?.reachSeconds, 1800);
  assert.equal(seen?.closestMetres, 1);
  assert.deepEqual({ ...meetings.get("d01")?.get("d02"), other: "d01" }, seen);
});

test("rows that name a pair in either order are one pair", () => {
  const meetings = meetingsOf([contact("b", "a", 0, 60, 1), contact("a", "b", 60, 120, 1)]);
  assert.equal(meetings.get("a")?.get("b")?.nearSeconds, 120);
});

test("whom one met: most time near first; a wall leaves no distance", () => {
  const met = metBy(meetingsOf(sample().contacts), "d01");
  assert.deepEqual(met.map(({ other }) => other), ["d02", "d04", "d03"]);
  assert.equal(met[1]?.closestMetres, Infinity);
  assert.deepEqual(metBy(new Map(), "d01"), []);
});

test("shades begin at 0, anything, 5, 15 and 60 minutes", () => {
  assert.deepEqual([0, 1, 299, 300, 899, 900, 3599, 3600].map(level), [0, 1, 1, 2, 2, 3, 3, 4]);
});

test("the F0 leads the list, then who was nearest for longest", () => {
  const report = sample();
  const order = inOrder(report, meetingsOf(report.contacts)).map(({ id }) => id);
  assert.deepEqual(order, ["d01", "d02", "d04", "d03"]);
});

test("verdicts follow the outcome", () => {
  const report = sample();
  const outcome = { ...report.outcome, missed: ["d03"], false: ["d04"], warned: ["d02", "d04"] };
  const verdicts = report.people.map((one) => verdictOf({ ...report, outcome }, one));
  assert.deepEqual(verdicts, ["missed", "right", "false", "f0"]);
});

test("time at risk is seconds times weight: 240 x 1 + 240 x 0,5", () => {
  assert.equal(riskSeconds(sample().sightings), 360);
});
