import assert from "node:assert/strict";
import { test } from "node:test";
import { along, nearest, ticks, timeTicks } from "../src/replay/scale.js";

test("a value's share of the way", () => {
  assert.equal(along({ low: 40, high: 80 }, 50), 0.25);
  assert.equal(along({ low: 0, high: 1 }, 1.5), 1.5);
  assert.equal(along({ low: 3, high: 3 }, 3), 0);
});

test("ticks are round and exact", () => {
  assert.deepEqual(ticks({ low: 0, high: 1 }), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks({ low: 45, high: 75 }), [50, 60, 70]);
  assert.deepEqual(ticks({ low: 0, high: 29.44 }, 4), [0, 10, 20]);
  assert.deepEqual(ticks({ low: 7, high: 7 }), [7]);
});

test("days are not cut", () => {
  assert.deepEqual(ticks({ low: 0, high: 1 }, 5, 1), [0, 1]);
  assert.deepEqual(ticks({ low: 0, high: 2 }, 5, 1), [0, 1, 2]);
  assert.deepEqual(ticks({ low: 0, high: 14 }, 5, 1), [0, 5, 10]);
});

test("however wide the scale, there are few ticks and all lie inside", () => {
  for (let span = 0.003; span < 1e6; span *= 1.37) {
    const scale = { low: -span / 3, high: span };
    const found = ticks(scale);
    assert.ok(found.length >= 2 && found.length <= 6, `${span}: ${found.join(" ")}`);
    assert.ok(found.every((tick) => tick >= scale.low - 1e-9 && tick <= scale.high * (1 + 1e-9)));
  }
});

test("times are labelled on the local clock", () => {
  const hanoi = (time: number): number => (time + 7 * 3600) % 86_400;
  const nine = Date.UTC(2021, 2, 10, 2) / 1000;
  // From 09:04 to 09:31 in Hanoi: 27 minutes, so every ten.
  assert.deepEqual(timeTicks({ low: nine + 240, high: nine + 1860 }, hanoi, 4), [nine + 600, nine + 1200, nine + 1800]);
  // From 07:00 to 23:00: sixteen hours in at most four steps, so every four.
  assert.deepEqual(timeTicks({ low: nine - 7200, high: nine + 50_400 }, hanoi, 4), [nine - 3600, nine + 10_800, nine + 25_200, nine + 39_600]);
});

test("the nearest of a rising list", () => {
  const levels = [0, 0.1, 0.3, 1];
  assert.deepEqual([-1, 0.04, 0.19, 0.21, 0.66, 9].map((wanted) => nearest(levels, wanted)), [0, 0, 1, 2, 3, 3]);
  assert.equal(nearest([1, 2], 1.5), 0);
  assert.equal(nearest([], 1), -1);
});
