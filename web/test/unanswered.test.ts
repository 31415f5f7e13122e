import assert from "node:assert/strict";
import { test } from "node:test";
import { asText, fromText } from "../src/codes/unanswered.js";

function sent(): FormData {
  const form = new FormData();
  form.set("uuid", "8f14e45f-ceea-467f-9a0e-d4b5a2d3f001");
  form.set("csrfmiddlewaretoken", "secret");
  form.set("report_type", "confirmed");
  form.set("delivery", "sms");
  form.set("phone", "0912345678");
  return form;
}

test("a form comes back as it was sent, without its phone and token", () => {
  const text = asText(sent(), 1000);
  assert.ok(!text.includes("912"));
  assert.ok(!text.includes("secret"));
  assert.deepEqual(fromText(text, 1000), {
    uuid: "8f14e45f-ceea-467f-9a0e-d4b5a2d3f001",
    unixSeconds: 1000,
    fields: { report_type: "confirmed", delivery: "sms" },
  });
});

test("after a day, or when something else wrote it, there is nothing", () => {
  const text = asText(sent(), 1000);
  assert.notEqual(fromText(text, 1000 + 86_400), null);
  assert.equal(fromText(text, 1000 + 86_401), null);
  for (const other of [null, "", "7", "null", "{}", '{"uuid":1}', '{"uuid":"a","unixSeconds":1,"fields":null}']) {
    assert.equal(fromText(other, 1000), null);
  }
});
