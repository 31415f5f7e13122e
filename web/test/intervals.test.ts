import assert from "node:assert/strict";
import { test } from "node:test";
import { clip, merge, total } from "../src/shared/intervals.js";

test("what touches or overlaps becomes one, in order of time", () => {
  const merged = merge([
    { from: 40, to: 60 },
    { from: 0, to: 20 },
    { from: 20, to: 30 },
    { from: 50, to: 55 },
  ]);
  assert.deepEqual(merged, [
    { from: 0, to: 30 },
    { from: 40, to: 60 },
  ]);
  assert.equal(total(merged), 50);
});

test("a gap is closed only up to its limit", () => {
  const apart = [
    { from: 0, to: 10 },
    { from: 15, to: 20 },
  ];
  assert.equal(merge(apart, 4).length, 2);
  assert.deepEqual(merge(apart, 5), [{ from: 0, to: 20 }]);
});

test("empty and backward intervals vanish", () => {
  assert.deepEqual(merge([{ from: 5, to: 5 }, { from: 9, to: 3 }]), []);
});

test("merging covers exactly the seconds that the rows cover", () => {
  // A second way to count: mark every second. The generator is fixed, so a failure can be repeated.
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 50; round += 1) {
    const rows = Array.from({ length: 30 }, () => {
      const from = random(400);
      return { from, to: from + random(40) };
    });
    const covered = new Set<number>();
    for (const { from, to } of rows) for (let second = from; second < to; second += 1) covered.add(second);
    const merged = merge(rows);
    assert.equal(total(merged), covered.size);
    for (let index = 1; index < merged.length; index += 1) {
      assert.ok(merged[index - 1]!.to < merged[index]!.from);
    }
  }
});

test("twenty thousand short rows join into one", () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({ from: 20 * index, to: 20 * index + 20 }));
  assert.deepEqual(merge(rows.reverse()), [{ from: 0, to: 400_000 }]);
});

test("clipping keeps what is inside", () => {
  const day = { from: 100, to: 200 };
  assert.deepEqual(clip({ from: 50, to: 150 }, day), { from: 100, to: 150 });
  assert.equal(clip({ from: 200, to: 250 }, day), null);
});
