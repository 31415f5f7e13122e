import assert from "node:assert/strict";
import { test } from "node:test";
import { labelPlace } from "../src/replay/person_chart.js";

test("the threshold's label keeps clear of the steps", () => {
  // Never reached: all steps stay under the line, so above it is free.
  assert.deepEqual(labelPlace(null, 100), { left: false, under: false });
  // Reached early: from then on the steps are above the line. Late: until then they are under it.
  assert.deepEqual(labelPlace(0.2, 100), { left: false, under: true });
  assert.deepEqual(labelPlace(0.9, 100), { left: true, under: false });
  // Reached early, and the line lies on the floor.
  assert.deepEqual(labelPlace(0.2, 3), { left: false, under: false });
});
