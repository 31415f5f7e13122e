/** How a warning turned out for someone, in a word, a sign and a colour; the same on every page. */

import { h } from "./dom.js";
import type { Language } from "./format.js";

/** `right`: truly near and warned; `missed`: near, not warned; `false`: warned, not near; `quiet`: neither. */
export type Verdict = "f0" | "right" | "missed" | "false" | "quiet";

export const VERDICT_WORDS: Readonly<Record<Language, Readonly<Record<Verdict, string>>>> = {
  vi: { f0: "F0", right: "Báo đúng", missed: "Bỏ sót", false: "Báo nhầm", quiet: "Không báo" },
  en: { f0: "F0", right: "Warned", missed: "Missed", false: "False alarm", quiet: "Not warned" },
};

/** Symbols say the same as the colours, for those who do not see them. */
const LOOKS: Readonly<Record<Verdict, { readonly symbol: string; readonly className: string }>> = {
  f0: { symbol: "", className: "badge f0" },
  right: { symbol: "✓ ", className: "badge good" },
  missed: { symbol: "! ", className: "badge bad" },
  false: { symbol: "? ", className: "badge warn" },
  quiet: { symbol: "", className: "badge" },
};

export function badge(verdict: Verdict, text: string): HTMLElement {
  const { symbol, className } = LOOKS[verdict];
  return h("span", { class: className }, symbol && h("span", { "aria-hidden": "true" }, symbol), text);
}
