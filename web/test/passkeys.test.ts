import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, creationOptions, fromBytes, requestOptions, toBytes } from "../src/passkeys/json.js";

const buffer = (...bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;

test("base64url as in RFC 4648, without padding", () => {
  // § 10, with the two letters of the other alphabet
  for (const [bytes, text] of [["", ""], ["f", "Zg"], ["fo", "Zm8"], ["foo", "Zm9v"], ["foob", "Zm9vYg"]] as const) {
    const encoded = new TextEncoder().encode(bytes);
    assert.equal(fromBytes(encoded.buffer), text);
    assert.deepEqual(toBytes(text), encoded);
  }
  assert.equal(fromBytes(buffer(0xfb, 0xef, 0xff)), "--__");
  assert.deepEqual([...toBytes("--__")], [0xfb, 0xef, 0xff]);
});

test("options become bytes where the browser wants them, all else stays", () => {
  const options = creationOptions(
    JSON.stringify({
      publicKey: {
        rp: { id: "localhost", name: "Bluezone" },
        user: { id: "Zg", name: "an", displayName: "An" },
        challenge: "Zm9v",
        pubKeyCredParams: [{ type: "public-key", alg: -7 }],
        excludeCredentials: [{ type: "public-key", id: "--__" }],
      },
    }),
  );
  assert.deepEqual(options.challenge, toBytes("Zm9v"));
  assert.deepEqual(options.user, { id: toBytes("Zg"), name: "an", displayName: "An" });
  assert.deepEqual(options.excludeCredentials, [{ type: "public-key", id: toBytes("--__") }]);
  assert.deepEqual(options.rp, { id: "localhost", name: "Bluezone" });
  const wanted = requestOptions('{"publicKey":{"challenge":"Zg","rpId":"localhost","userVerification":"required"}}');
  assert.deepEqual(wanted.allowCredentials, []);
  assert.equal(wanted.userVerification, "required");
});

test("an answer has what its kind of response has", () => {
  const made = { rawId: buffer(1), type: "public-key", response: { clientDataJSON: buffer(2), attestationObject: buffer(3) } };
  assert.deepEqual(JSON.parse(answer(made as unknown as PublicKeyCredential)), {
    id: "AQ",
    rawId: "AQ",
    type: "public-key",
    response: { clientDataJSON: "Ag", attestationObject: "Aw" },
    clientExtensionResults: {},
  });
  const response = { clientDataJSON: buffer(2), authenticatorData: buffer(3), signature: buffer(4), userHandle: null };
  const signed = { rawId: buffer(1), type: "public-key", response };
  assert.deepEqual(JSON.parse(answer(signed as unknown as PublicKeyCredential)).response, {
    clientDataJSON: "Ag",
    authenticatorData: "Aw",
    signature: "BA",
  });
});
