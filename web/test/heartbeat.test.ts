import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, consentFrom, hanoiDay, isPassing, todayFrom } from "../src/heartbeat/heartbeat.js";

const GIVEN = { given: "2021-03-08T02:00:00.000Z", wording: 1, ward: "00343" };
const ones = (bytes: Uint8Array): void => void bytes.fill(1);
const twos = (bytes: Uint8Array): void => void bytes.fill(2);

test("the day is Hà Nội's: it begins at 17:00 UTC", () => {
  assert.equal(hanoiDay(Date.UTC(2021, 2, 8, 16, 59, 59)), "2021-03-08");
  assert.equal(hanoiDay(Date.UTC(2021, 2, 8, 17, 0, 0)), "2021-03-09");
});

test("only a consent to the present wording, with a ward, is one", () => {
  assert.deepEqual(consentFrom(JSON.stringify(GIVEN), 1), GIVEN);
  assert.equal(consentFrom(JSON.stringify(GIVEN), 2), null);
  const others = [{ ...GIVEN, ward: "" }, { ...GIVEN, ward: "x y" }, { ...GIVEN, given: "soon" }, { ...GIVEN, ward: 343 }];
  for (const other of [null, "", "7", "null", "{}", "[]", "{", ...others.map((one) => JSON.stringify(one))]) {
    assert.equal(consentFrom(other, 1), null);
  }
});

test("a pseudonym holds for its day, and that of the next has nothing of it", () => {
  const first = todayFrom(null, "2021-03-08", ones);
  assert.deepEqual(first, { day: "2021-03-08", pseudonym: "AQEBAQEBAQEBAQEBAQEBAQ==" });
  assert.deepEqual(todayFrom(JSON.stringify(first), "2021-03-08", twos), first);
  assert.equal(todayFrom(JSON.stringify(first), "2021-03-09", twos).pseudonym, "AgICAgICAgICAgICAgICAg==");
  assert.equal(todayFrom('{"day":"2021-03-08","pseudonym":null}', "2021-03-08", ones).pseudonym, null);
});

test("a browser says that it does not trace", () => {
  assert.deepEqual(JSON.parse(bodyOf(GIVEN, "2021-03-08", "AQEBAQEBAQEBAQEBAQEBAQ==")), {
    day: "2021-03-08",
    ward: "00343",
    platform: "web",
    tracing: false,
    pseudonym: "AQEBAQEBAQEBAQEBAQEBAQ==",
  });
});

test("a busy or faulty server passes, a refusal does not", () => {
  assert.deepEqual([400, 410, 413, 429, 500, 599].map(isPassing), [false, false, false, true, true, true]);
});
