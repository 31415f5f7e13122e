import assert from "node:assert/strict";
import { test } from "node:test";
import { dayInWords, formatFor } from "../src/shared/format.js";

const hanoi = formatFor("vi", "Asia/Ho_Chi_Minh");

test("numbers as the district's letter writes them: 157.542 of 402.706 is 39,12 %", () => {
  assert.equal(hanoi.number(157_542), "157.542");
  assert.equal(hanoi.percent(157_542 / 402_706), "39,12\u00a0%");
  assert.equal(formatFor("en", "UTC").number(157_542), "157,542");
});

test("times are Hanoi's, seven hours ahead of UTC, with both zeros", () => {
  const moment = Date.UTC(2021, 2, 9, 23, 5) / 1000; // 06:05 on the 10th in Hanoi
  assert.equal(hanoi.time(moment), "06:05");
  assert.equal(hanoi.date(moment), "10/03/2021");
  assert.equal(hanoi.dateTime(moment), "06:05 10/03/2021");
  assert.equal(hanoi.time(Date.UTC(2021, 2, 9, 17) / 1000), "00:00");
});

test("minutes are whole, and a little is not nothing", () => {
  assert.equal(hanoi.minutes(0), "0");
  assert.equal(hanoi.minutes(20), "<\u00a01");
  assert.equal(hanoi.minutes(90 * 60), "90");
});

test("an ISO day in words; what is none stays", () => {
  assert.equal(dayInWords("2021-03-10"), "10/03/2021");
  assert.equal(dayInWords("hôm qua"), "hôm qua");
});

test("an unknown time zone is refused", () => {
  assert.throws(() => formatFor("vi", "Asia/Nowhere"), RangeError);
});
