/** Which presets are shown: one choice for all charts, and its buttons, which are the charts' legend too. */

import { h, s } from "../shared/dom.js";
import type { Replay } from "./replay.js";

export interface Choice {
  readonly isShown: (preset: string) => boolean;
  readonly toggle: (preset: string) => void;
  readonly onChange: (listener: () => void) => void;
}

export function choiceOf(presets: Iterable<string>): Choice {
  const shown = new Set(presets);
  const listeners: (() => void)[] = [];
  return {
    isShown: (preset) => shown.has(preset),
    toggle: (preset) => {
      if (!shown.delete(preset)) shown.add(preset);
      for (const listener of listeners) listener();
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

/** Colours, dashes and markers repeat after so many presets; the dash and the marker tell without colour. */
const LOOKS = 8;

const MARKERS: readonly string[] = [
  "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  "M-3.5,-3.5h7v7h-7z",
  "M0,-4.6L4.4,3.4H-4.4z",
  "M0,-5L4.4,0L0,5L-4.4,0z",
  "M0,4.6L4.4,-3.4H-4.4z",
  "M-1.4,-4.4h2.8v3h3v2.8h-3v3h-2.8v-3h-3v-2.8h3z",
  "M0,-4.8L4.6,-1.4L2.8,4H-2.8L-4.6,-1.4z",
  "M-4.4,-2.2h8.8v4.4h-8.8z",
];

export function lookClass(look: number): string {
  return `look-${look % LOOKS}`;
}

/** A preset's sign around the origin; hollow where its value is uncertain. */
export function marker(look: number, hollow = false): SVGPathElement {
  const kind = hollow ? "marker hollow" : "marker";
  return s("path", { class: `${kind} ${lookClass(look)}`, d: MARKERS[look % LOOKS] ?? "" }) as SVGPathElement;
}

export function legend(replay: Replay, presets: readonly string[], choice: Choice): HTMLElement {
  const { words } = replay;
  const buttons = presets.map((preset) => {
    const look = replay.presetLook(preset);
    const button = h(
      "button",
      { type: "button", class: "preset-key", "data-preset": preset },
      s(
        "svg",
        { class: "swatch", width: 40, height: 14, "aria-hidden": "true" },
        s("line", { class: `line ${lookClass(look)}`, x1: 0, x2: 40, y1: 7, y2: 7 }),
        s("g", { transform: "translate(20 7)" }, marker(look)),
      ),
      replay.presetName(preset),
    );
    const show = (): void => button.setAttribute("aria-pressed", String(choice.isShown(preset)));
    button.addEventListener("click", () => choice.toggle(preset));
    choice.onChange(show);
    show();
    return button;
  });
  return h(
    "div",
    { class: "preset-keys", role: "group", "aria-label": `${words.presets}. ${words.presetsHint}` },
    h("span", { class: "hint" }, h("strong", {}, words.presets), ` · ${words.presetsHint}`),
    ...buttons,
  );
}
