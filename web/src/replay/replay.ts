/** What every part of the replay's page draws from: the report, and how to say it. */

import { type Format, formatFor, type Language } from "../shared/format.js";
import type { Preset, ReplayReport, Spread } from "./report.js";
import { outOfHundred } from "./sweep.js";
import { WORDS, type Words } from "./words.js";

/** Where the replayed days take place, whatever the reader's clock says. */
const TIMEZONE = "Asia/Ho_Chi_Minh";

export interface Replay {
  readonly report: ReplayReport;
  readonly language: Language;
  readonly format: Format;
  readonly words: Words;
  readonly preset: (name: string) => Preset;
  /** The preset's name in the reader's language; its own title where there is none. */
  readonly presetName: (name: string) => string;
  /** Its colour, dash and marker: the place in the report's list. */
  readonly presetLook: (name: string) => number;
}

export function replayFrom(report: ReplayReport, language: Language): Replay {
  const words = WORDS[language];
  const presets = new Map(report.presets.map((preset) => [preset.name, preset]));
  const preset = (name: string): Preset => {
    const found = presets.get(name);
    if (found === undefined) throw new RangeError(`no preset has the name "${name}"`);
    return found;
  };
  return {
    report,
    language,
    format: formatFor(language, TIMEZONE),
    words,
    preset,
    presetName: (name) => words.presetNames[name] ?? preset(name).title,
    presetLook: (name) => report.presets.findIndex((one) => one.name === name),
  };
}

/** 40 % whole, 39,12 % where it is not. */
export function shareInWords({ format }: Replay, share: number): string {
  const percent = share * 100;
  return format.percent(share, Math.abs(percent - Math.round(percent)) < 1e-6 ? 0 : 2);
}

/** "84 người", "chưa đến 1 người". */
export function peopleOfHundred({ words, format }: Replay, share: number): string {
  const { count, bound } = outOfHundred(share);
  return words.bounds[bound](format.number(count));
}

/** Shares to one digit after the comma, other quantities plain. */
export type Unit = "percent" | "number";

export interface SpreadInWords {
  readonly mean: string;
  /** "" where the draws do not differ. */
  readonly range: string;
  /** "" where it rests on every draw. */
  readonly rests: string;
}

/** A mean, the least and the greatest (61,2–74,8 %), and on how many of the `draws` it rests; null is a dash. */
export function spreadInWords(
  { words, format }: Replay,
  spread: Spread | null,
  unit: Unit,
  draws: number,
  digits = 1,
): SpreadInWords {
  if (spread === null) return { mean: words.unknown, range: "", rests: "" };
  const whole = (value: number): string => (unit === "percent" ? format.percent(value, digits) : format.number(value, digits));
  const bare = (value: number): string => format.number(unit === "percent" ? value * 100 : value, digits);
  const range = spread.high > spread.low ? `${bare(spread.low)}–${whole(spread.high)}` : "";
  const rests = spread.of < draws ? words.rests(format.number(spread.of), format.number(draws)) : "";
  return { mean: whole(spread.mean), range, rests };
}

/** Whole where it is, else with one digit after the comma. */
export function plainNumber({ format }: Replay, value: number): string {
  return format.number(value, Number.isInteger(value) ? 0 : 1);
}
