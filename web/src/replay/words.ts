/** Every word on the replay's page, in Vietnamese and English. */

import type { Language } from "../shared/format.js";
import type { Nearness } from "../shared/nearness.js";
import { en } from "./english.js";
import type { OfScan, SourceKind } from "./report.js";
import { vi } from "./vietnamese.js";

/** How near two people were by the record; unknown: it holds no distance. */
export type Truth = Nearness | "unknown";

/** A figure over seeds: what it is called, and whether it is a share or a number of days. */
export type FigureName = "sensitivity" | "precision" | "days";

export interface Words {
  readonly sources: Readonly<Record<SourceKind, SourceWords>>;
  readonly kicker: string;
  readonly title: (source: string, people: string, days: string) => string;
  readonly found: (of: string, some: string, all: string) => string;
  readonly trusted: (of: string, some: string, all: string) => string;
  readonly nobodyNear: string;
  readonly nobodyWarned: string;
  readonly bounds: Readonly<Record<"exact" | "below" | "above", (count: string) => string>>;
  readonly tiles: Readonly<Record<"people" | "pairs" | "f0" | "seeds" | "contacts" | "warned" | "sensitivity" | "precision", string>>;
  readonly tileHints: Readonly<Record<"seeds" | "sensitivity" | "precision", string>>;
  readonly run: (f0: string, seeds: string, adoption: string, preset: string, delay: string) => string;
  readonly record: (name: string, steps: string, pairs: string, which: string, pairDays: string) => string;
  readonly took: (seconds: string, resumed: boolean) => string;
  readonly presetNames: Readonly<Record<string, string | undefined>>;
  readonly presets: string;
  readonly presetsHint: string;
  readonly noPreset: string;
  readonly preset: string;
  readonly figures: Readonly<Record<FigureName, string>>;
  readonly figureHints: Readonly<Record<FigureName, string>>;
  readonly adoption: string;
  readonly adoptionHint: string;
  readonly adoptionAxis: string;
  readonly noSweep: string;
  readonly expected: string;
  readonly expectedHint: string;
  readonly noExpected: string;
  readonly reachable: string;
  readonly band: (all: string, seeds: string, draws: string) => string;
  readonly bandOfSeeds: (seeds: string) => string;
  readonly nothingToDraw: (seeds: string) => string;
  readonly oneSeed: string;
  readonly hollow: string;
  /** On how many draws a figure rests. */
  readonly rests: (of: string, draws: string) => string;
  readonly district: (share: string) => string;
  readonly districtHint: (share: string, installed: string, smartphones: string) => string;
  readonly chart: (title: string) => string;
  readonly slider: (axis: string) => string;
  readonly sliderHint: string;
  readonly allNumbers: string;
  readonly meanAndSpread: string;
  readonly draws: string;
  readonly unknown: string;
  readonly delays: string;
  readonly delaysHint: string;
  readonly delayAxis: string;
  readonly daysUnit: (days: string) => string;
  readonly thresholds: string;
  readonly thresholdsHint: string;
  readonly shift: string;
  readonly minutesColumn: (minutes: string) => string;
  readonly shiftRow: (shift: string) => string;
  readonly asShipped: string;
  readonly fewDraws: (example: string) => string;
  readonly person: PersonWords;
  readonly method: MethodWords;
  readonly damaged: (reason: string) => string;
  readonly unreachable: string;
}

/** What depends on the kind of record: only Haslemere's has distances. */
export interface SourceWords {
  readonly name: string;
  readonly whole: string;
  readonly about: string;
  /** What "near" rests on where nobody measured distances. */
  readonly caveat: string | null;
  readonly pairsHint: string;
  readonly contactsHint: string;
  /** What near pairs are, within a sentence. */
  readonly pairs: string;
  /** The beginning of a sentence about someone's day with an F0. */
  readonly near: (person: string, f0: string, minutes: string, only: boolean) => string;
  readonly truth: string;
  readonly truthHint: string;
  readonly nearness: Readonly<Record<Truth, string>>;
  readonly path: string;
}

export interface PersonWords {
  readonly title: string;
  readonly hint: string;
  readonly none: string;
  readonly choose: string;
  readonly option: (person: string, f0: string, date: string, verdict: string) => string;
  readonly sentences: Readonly<Record<"right" | "missed" | "false" | "quiet", (near: string) => string>>;
  readonly byPreset: (preset: string) => string;
  readonly noTruth: string;
  readonly measured: string;
  readonly measuredHint: (count: string) => string;
  readonly typical: string;
  readonly least: string;
  readonly adjusted: string;
  readonly looksAt: Readonly<Record<OfScan, string>>;
  readonly noSightings: string;
  readonly notJudged: string;
  readonly weight: (weight: string) => string;
  readonly minutes: string;
  readonly minutesHint: string;
  readonly threshold: (minutes: string) => string;
  readonly sum: (minutes: string) => string;
  readonly reached: (preset: string, sum: string, threshold: string, time: string) => string;
  readonly any: (preset: string, time: string) => string;
  readonly notReached: (preset: string, sum: string, threshold: string) => string;
  readonly slider: string;
  readonly readout: (index: string, of: string, time: string, typical: string, least: string, seconds: string, minutes: string, sum: string) => string;
  readonly table: string;
  readonly columns: Readonly<Record<"time" | "typical" | "least" | "adjusted" | "seconds" | "minutes" | "sum", string>>;
}

export interface MethodWords {
  readonly title: string;
  readonly path: string;
  readonly presets: string;
  readonly columns: Readonly<Record<"preset" | "buckets" | "threshold", string>>;
  readonly between: (from: string, to: string) => string;
  readonly under: (to: string) => string;
  readonly over: (from: string) => string;
  readonly anyStrength: string;
  readonly anySighting: string;
  readonly ofScan: Readonly<Record<OfScan, string>>;
  readonly minutesUnit: (minutes: string) => string;
  readonly radio: string;
  readonly sameScenes: string;
  readonly radioText: (name: string, loss: string, exponent: string, device: string, shadowing: string, fading: string) => string;
}

export const WORDS: Readonly<Record<Language, Words>> = { vi, en };
