/** Fetches a report and puts its page in place, or says what is wrong with it. */

import { h } from "./dom.js";
import { ReportError } from "./fields.js";
import type { Language } from "./format.js";

export interface Faults {
  readonly damaged: (reason: string) => string;
  readonly unreachable: string;
}

/** Fills `#id` with what `draw` makes of the report at its `data-report`; does nothing on a page without one. */
export async function fill(
  id: string,
  draw: (document: unknown, language: Language) => readonly HTMLElement[],
  faults: Readonly<Record<Language, Faults>>,
): Promise<void> {
  const root = document.getElementById(id);
  if (root === null) return;
  const language: Language = document.documentElement.lang === "en" ? "en" : "vi";
  try {
    root.replaceChildren(...draw(await load(root.dataset["report"] ?? ""), language));
  } catch (error) {
    const expected = error instanceof ReportError || error instanceof SyntaxError || error instanceof RangeError;
    const text = expected ? faults[language].damaged(error.message) : faults[language].unreachable;
    root.replaceChildren(h("p", { class: "message error", role: "alert" }, text));
    if (!expected && !(error instanceof TypeError)) throw error;
  }
}

async function load(url: string): Promise<unknown> {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new TypeError(`${url} answered ${response.status}`);
  return JSON.parse(await response.text());
}
