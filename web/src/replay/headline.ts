/** What was replayed and how good the warning was, in sentences and in eight numbers. */

import { type Child, h } from "../shared/dom.js";
import { peopleOfHundred, type Replay, shareInWords } from "./replay.js";

export function headline(replay: Replay): HTMLElement {
  const { report, words, format } = replay;
  const source = words.sources[report.source.kind];
  const { options } = report;
  return h(
    "header",
    { class: "headline" },
    h("p", { class: "kicker" }, `${words.kicker} · ${source.whole}`),
    h("h1", {}, words.title(source.name, format.number(report.people), format.number(report.source.days))),
    h(
      "p",
      { class: "lead" },
      inPlainWords(replay, report.sensitivity, report.true_contacts, words.found) ?? words.nobodyNear,
      " ",
      inPlainWords(replay, report.precision, report.warned, words.trusted) ?? words.nobodyWarned,
    ),
    source.caveat && h("p", { class: "caveat" }, source.caveat),
    tiles(replay),
    h(
      "p",
      { class: "hint" },
      source.about,
      " ",
      words.run(
        format.number(options.f0),
        format.number(options.seeds),
        shareInWords(replay, options.adoption),
        replay.presetName(options.preset),
        words.daysUnit(format.number(options.delay_days)),
      ),
      " ",
      words.record(
        report.source.name,
        format.number(report.steps),
        format.number(report.near_pairs),
        source.pairs,
        format.number(report.near_pair_days),
      ),
      " ",
      words.took(format.number(report.seconds, 1), report.resumed > 0),
    ),
  );
}

/** Of a hundred, and of how many it really was: 100 of 100 is little where it was 3 of 3. */
function inPlainWords(
  replay: Replay,
  share: number | null,
  all: number,
  say: (of: string, some: string, all: string) => string,
): string | null {
  if (share === null) return null;
  const { number } = replay.format;
  return say(peopleOfHundred(replay, share), number(Math.round(share * all)), number(all));
}

function tiles({ report, words, format }: Replay): HTMLElement {
  const share = (value: number | null): string => (value === null ? words.unknown : format.percent(value, 1));
  const tile = (name: keyof typeof words.tiles, look: string, value: string, hint: Child = null): HTMLElement =>
    h(
      "div",
      { class: `tile ${look}` },
      h("dt", {}, words.tiles[name]),
      h("dd", { "data-figure": name }, value),
      hint && h("dd", { class: "tile-hint" }, hint),
    );
  const { tileHints, sources } = words;
  const source = sources[report.source.kind];
  return h(
    "dl",
    { class: "tiles eight" },
    tile("people", "people", format.number(report.people)),
    tile("pairs", "people", format.number(report.near_pairs), source.pairsHint),
    tile("f0", "f0", format.number(report.f0)),
    tile("seeds", "people", format.number(report.options.seeds), tileHints.seeds),
    tile("contacts", "near", format.number(report.true_contacts), source.contactsHint),
    tile("warned", "warned", format.number(report.warned)),
    tile("sensitivity", "zero", share(report.sensitivity), tileHints.sensitivity),
    tile("precision", "zero", share(report.precision), tileHints.precision),
  );
}
