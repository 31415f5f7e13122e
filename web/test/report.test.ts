import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReport } from "../src/demo/report.js";
import { ReportError } from "../src/shared/fields.js";
import { sample } from "./sample.js";

type Loose = Record<string, any>;

function broken(change: (report: Loose) => void): () => void {
  const report: Loose = JSON.parse(JSON.stringify(sample()));
  change(report);
  return () => parseReport(report);
}

test("a report reads as it was written; an absent wall is none", () => {
  assert.deepEqual(parseReport(JSON.parse(JSON.stringify(sample()))), sample());
  const report: Loose = JSON.parse(JSON.stringify(sample()));
  delete report["contacts"][0].wall_db;
  assert.equal(parseReport(report).contacts[0]?.wall_db, 0);
});

test("what is no report is refused with the place of the fault", () => {
  const refused = (run: () => void, message: RegExp): void =>
    assert.throws(run, (error) => error instanceof ReportError && message.test(error.message));
  refused(() => parseReport(null), /^report: must be an object/);
  refused(() => parseReport([]), /^report: must be an object/);
  refused(broken((report) => delete report["title"]), /report\.title: must be a text/);
  refused(broken((report) => (report["source"].kind = "rumour")), /report\.source\.kind: must be one of script/);
  refused(broken((report) => (report["people"] = [])), /report\.people: nobody/);
  refused(broken((report) => (report["end"] = report["start"])), /report\.end: must be after/);
  refused(broken((report) => (report["contacts"][2].to = "soon")), /report\.contacts\[2\]\.to: must be a number/);
  refused(broken((report) => (report["people"][1].f0 = 1)), /report\.people\[1\]\.f0: must be true or false/);
  refused(broken((report) => (report["outcome"].false = [3])), /report\.outcome\.false: must be a list of texts/);
  refused(broken((report) => (report["events"] = {})), /report\.events: must be a list/);
});

test("strangers are refused", () => {
  for (const change of [
    (report: Loose) => (report["contacts"][0].a = "d99"),
    (report: Loose) => (report["sightings"][0].of = "d99"),
    (report: Loose) => (report["alerts"][0].person = "d99"),
    (report: Loose) => (report["stays"][0].person = "d99"),
    (report: Loose) => (report["outcome"].missed = ["d99"]),
  ]) {
    assert.throws(broken(change), /nobody has the id "d99"/);
  }
  assert.throws(broken((report) => (report["stays"][0].place = "moon")), /no place has the id "moon"/);
});
