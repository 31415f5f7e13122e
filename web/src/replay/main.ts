/** Puts the page of a replay together. */

import type { Language } from "../shared/format.js";
import { fill } from "../shared/page.js";
import { choiceOf } from "./choice.js";
import { headline } from "./headline.js";
import { method } from "./method.js";
import { person } from "./person.js";
import { replayFrom } from "./replay.js";
import { parseReplay } from "./report.js";
import { adoptionStudy, delayStudy } from "./studies.js";
import { thresholds } from "./thresholds.js";
import { WORDS } from "./words.js";

function page(document: unknown, language: Language): HTMLElement[] {
  const replay = replayFrom(parseReplay(document), language);
  const choice = choiceOf(replay.report.presets.map(({ name }) => name));
  const parts = [
    headline(replay),
    adoptionStudy(replay, choice),
    person(replay),
    thresholds(replay),
    delayStudy(replay, choice),
    method(replay),
  ];
  return parts.filter((part): part is HTMLElement => part !== null);
}

void fill("replay", page, WORDS);
