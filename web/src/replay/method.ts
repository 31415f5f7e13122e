/** How the figures came about: which code they went through, the presets as they are, the radio model. */

import { h, s } from "../shared/dom.js";
import { marker } from "./choice.js";
import { plainNumber, type Replay } from "./replay.js";
import type { Preset } from "./report.js";
import { type Bucket, buckets } from "./risk.js";

export function method(replay: Replay): HTMLElement {
  const { report, words, format } = replay;
  const text = words.method;
  const { radio } = report;
  const db = (value: number): string => format.number(value, 1);
  return h(
    "section",
    { class: "card", id: "method", "aria-labelledby": "method-title" },
    h("h2", { id: "method-title" }, text.title),
    h("p", {}, words.sources[report.source.kind].path, " ", text.path),
    h("h3", {}, text.presets),
    h(
      "div",
      { class: "table-scroll", tabindex: "0", role: "group", "aria-label": text.presets },
      h(
        "table",
        { class: "small" },
        h("caption", { class: "visually-hidden" }, text.presets),
        h(
          "thead",
          {},
          h("tr", {}, ...(["preset", "buckets", "threshold"] as const).map((name) => h("th", { scope: "col" }, text.columns[name]))),
        ),
        h("tbody", {}, ...report.presets.map((preset) => presetRow(replay, preset))),
      ),
    ),
    h("h3", {}, text.radio),
    h(
      "p",
      {},
      text.radioText(
        radio.name,
        db(radio.loss_at_one_metre_db),
        format.number(radio.exponent, 2),
        db(radio.device_db),
        db(radio.shadowing_db),
        db(radio.fading_db),
      ),
    ),
    h("p", {}, text.sameScenes),
  );
}

function presetRow(replay: Replay, preset: Preset): HTMLElement {
  const text = replay.words.method;
  const sign = s(
    "svg",
    { class: "swatch", width: 12, height: 12, "aria-hidden": "true" },
    s("g", { transform: "translate(6 6)" }, marker(replay.presetLook(preset.name))),
  );
  const minutes = plainNumber(replay, preset.high_minutes);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, sign, replay.presetName(preset.name), h("span", { class: "range" }, `${preset.name} ${preset.version}`)),
    h(
      "td",
      {},
      ...buckets(preset).map((bucket) => h("span", { class: "bucket-text" }, bucketInWords(replay, bucket))),
      h("span", { class: "range" }, text.ofScan[preset.of_scan]),
    ),
    h("td", {}, preset.high_minutes === 0 ? text.anySighting : text.minutesUnit(minutes)),
  );
}

function bucketInWords(replay: Replay, { from, to, weight }: Bucket): string {
  const { method: text, person } = replay.words;
  const counts = person.weight(plainNumber(replay, weight));
  const db = (value: number): string => plainNumber(replay, value);
  if (from === -Infinity && to === Infinity) return `${text.anyStrength}: ${counts}`;
  if (from === -Infinity) return `${text.under(db(to))}: ${counts}`;
  if (to === Infinity) return `${text.over(db(from))}: ${counts}`;
  return `${text.between(db(from), db(to))}: ${counts}`;
}
