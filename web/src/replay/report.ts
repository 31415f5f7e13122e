/** The report of a replay, as `spec/replay_report.schema.json` lays it down, read with suspicion. */

import { Fields, ReportError } from "../shared/fields.js";

export type SourceKind = "haslemere" | "sociopatterns" | "copenhagen";
/** Which attenuation of a scan a preset looks up; `adjusted`: by other scans and all else that was heard. */
export type OfScan = "typical" | "minimum" | "adjusted";
export type PersonVerdict = "right" | "missed" | "in vain" | "rightly not";

const SOURCE_KINDS: readonly SourceKind[] = ["haslemere", "sociopatterns", "copenhagen"];
const OF_SCAN: readonly OfScan[] = ["typical", "minimum", "adjusted"];
const VERDICTS: readonly PersonVerdict[] = ["right", "missed", "in vain", "rightly not"];

/** Mean, least and greatest, over seeds and over draws of who has the app. */
export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** From how many draws: of those in which there was something to be a share of. */
  readonly of: number;
}

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly version: number;
  readonly below_db: readonly number[];
  readonly weights: readonly number[];
  readonly high_minutes: number;
  readonly of_scan: OfScan;
}

export interface SweepRow {
  readonly preset: string;
  readonly adoption: number;
  readonly seeds: number;
  /** Of who has the app, for each seed. */
  readonly draws: number;
  readonly sensitivity: Spread | null;
  readonly precision: Spread | null;
  readonly reachable: Spread | null;
  readonly p_squared: number;
}

export interface ThresholdRow {
  readonly preset: string;
  readonly minutes: number;
  readonly shift_db: number;
  readonly seeds: number;
  readonly sensitivity: Spread | null;
  readonly precision: Spread | null;
}

export interface DelayRow {
  readonly preset: string;
  readonly delay_days: number;
  readonly seeds: number;
  readonly sensitivity: Spread | null;
  readonly precision: Spread | null;
  readonly days_to_warning: Spread | null;
}

export interface TruthRow {
  readonly from: number;
  readonly to: number;
  readonly metres: number | null;
}

export interface Sighting {
  readonly time: number;
  readonly typical_db: number;
  readonly min_db: number;
  readonly seconds: number;
}

export interface Judged {
  readonly preset: string;
  /** Minutes at risk, one for each sighting. */
  readonly minutes: readonly number[];
  /** The attenuation that the preset looks at, one for each sighting; null where it was not recorded. */
  readonly looked_up_db: readonly number[] | null;
  readonly score: number;
  readonly high_minutes: number;
  readonly warns: boolean;
}

export interface PersonDay {
  readonly person: string;
  readonly f0: string;
  readonly date: string;
  readonly near_seconds: number;
  readonly verdict: PersonVerdict;
  readonly truth: readonly TruthRow[];
  readonly sightings: readonly Sighting[];
  readonly by_preset: readonly Judged[];
}

export interface Options {
  readonly seed: number;
  readonly seeds: number;
  readonly f0: number;
  readonly adoption: number;
  readonly preset: string;
  readonly delay_days: number;
}

export interface Radio {
  readonly name: string;
  readonly loss_at_one_metre_db: number;
  readonly exponent: number;
  readonly device_db: number;
  readonly shadowing_db: number;
  readonly fading_db: number;
}

export interface ReplayReport {
  readonly people: number;
  readonly steps: number;
  readonly near_pairs: number;
  readonly near_pair_days: number;
  readonly f0: number;
  readonly true_contacts: number;
  readonly warned: number;
  readonly sensitivity: number | null;
  readonly precision: number | null;
  readonly source: { readonly kind: SourceKind; readonly name: string; readonly days: number; readonly roles: boolean };
  readonly options: Options;
  readonly presets: readonly Preset[];
  readonly radio: Radio;
  readonly sweep: readonly SweepRow[];
  readonly thresholds: readonly ThresholdRow[];
  readonly delays: readonly DelayRow[];
  readonly person_days: readonly PersonDay[];
  /** Units that earlier runs had done; 0 where the report does not say. */
  readonly resumed: number;
  /** Those of earlier runs included. */
  readonly seconds: number;
}

/** @throws ReportError naming the first field that does not fit. */
export function parseReplay(document: unknown): ReplayReport {
  const root = new Fields(document, "report");
  const source = root.object("source");
  const report: ReplayReport = {
    people: root.number("people", 1),
    steps: root.number("steps", 0),
    near_pairs: root.number("near_pairs", 0),
    near_pair_days: root.number("near_pair_days", 0),
    f0: root.number("f0", 0),
    true_contacts: root.number("true_contacts", 0),
    warned: root.number("warned", 0),
    sensitivity: root.numberOrNull("sensitivity", 0, 1),
    precision: root.numberOrNull("precision", 0, 1),
    source: {
      kind: source.oneOf("kind", SOURCE_KINDS),
      name: source.text("name"),
      days: source.number("days", 1),
      roles: source.flag("roles"),
    },
    options: parseOptions(root.object("options")),
    presets: root.list("presets", parsePreset),
    radio: parseRadio(root.object("radio")),
    sweep: root.list("sweep", parseSweep),
    thresholds: root.list("thresholds", parseThreshold),
    delays: root.list("delays", parseDelay),
    person_days: root.list("person_days", parsePersonDay),
    resumed: root.has("resumed") ? root.whole("resumed", 0) : 0,
    seconds: root.number("seconds", 0),
  };
  refuseUnknownPresets(report);
  return report;
}

function parseOptions(row: Fields): Options {
  return {
    seed: row.number("seed"),
    seeds: row.whole("seeds", 1),
    f0: row.number("f0", 1),
    adoption: row.number("adoption", 0, 1),
    preset: row.text("preset"),
    delay_days: row.number("delay_days", 0),
  };
}

function parsePreset(row: Fields): Preset {
  const preset: Preset = {
    name: row.text("name"),
    title: row.text("title"),
    version: row.number("version"),
    below_db: row.numbers("below_db"),
    weights: row.numbers("weights"),
    high_minutes: row.number("high_minutes", 0),
    of_scan: row.has("of_scan") ? row.oneOf("of_scan", OF_SCAN) : "typical",
  };
  if (preset.weights.length !== preset.below_db.length + 1) row.refuse("weights", "one more than below_db");
  if (preset.below_db.some((limit, index) => limit <= (preset.below_db[index - 1] ?? -Infinity))) {
    row.refuse("below_db", "rising");
  }
  return preset;
}

function parseRadio(row: Fields): Radio {
  return {
    name: row.text("name"),
    loss_at_one_metre_db: row.number("loss_at_one_metre_db"),
    exponent: row.number("exponent"),
    device_db: row.number("device_db"),
    shadowing_db: row.number("shadowing_db"),
    fading_db: row.number("fading_db"),
  };
}

function parseSweep(row: Fields): SweepRow {
  const seeds = row.whole("seeds", 1);
  const draws = row.whole("draws", 1);
  return {
    preset: row.text("preset"),
    adoption: row.number("adoption", 0, 1),
    seeds,
    draws,
    sensitivity: spread(row, "sensitivity", 1, seeds * draws),
    precision: spread(row, "precision", 1, seeds * draws),
    reachable: spread(row, "reachable", 1, seeds * draws),
    p_squared: row.number("p_squared", 0, 1),
  };
}

function parseThreshold(row: Fields): ThresholdRow {
  const seeds = row.whole("seeds", 1);
  return {
    preset: row.text("preset"),
    minutes: row.number("minutes", 0),
    shift_db: row.number("shift_db"),
    seeds,
    sensitivity: spread(row, "sensitivity", 1, seeds),
    precision: spread(row, "precision", 1, seeds),
  };
}

/** A row says no draws of who has the app, though below full adoption its spreads are over them too. */
function parseDelay(row: Fields): DelayRow {
  return {
    preset: row.text("preset"),
    delay_days: row.number("delay_days", 0),
    seeds: row.whole("seeds", 1),
    sensitivity: spread(row, "sensitivity", 1, Infinity),
    precision: spread(row, "precision", 1, Infinity),
    days_to_warning: spread(row, "days_to_warning", Infinity, Infinity),
  };
}

function spread(row: Fields, name: string, most: number, draws: number): Spread | null {
  const fields = row.objectOrNull(name);
  if (fields === null) return null;
  return {
    mean: fields.number("mean", 0, most),
    low: fields.number("low", 0, most),
    high: fields.number("high", 0, most),
    of: fields.whole("of", 1, draws),
  };
}

function parsePersonDay(row: Fields): PersonDay {
  const sightings = row.list("sightings", (one) => ({
    time: one.number("time", 0),
    typical_db: one.number("typical_db"),
    min_db: one.number("min_db"),
    seconds: one.number("seconds", 0),
  }));
  return {
    person: row.text("person"),
    f0: row.text("f0"),
    date: row.text("date"),
    near_seconds: row.number("near_seconds", 0),
    verdict: row.oneOf("verdict", VERDICTS),
    truth: row.list("truth", (one) => ({
      from: one.number("from", 0),
      to: one.number("to", 0),
      metres: one.numberOrNull("metres", 0),
    })),
    sightings,
    by_preset: row.list("by_preset", (one) => {
      const perSighting = (name: string): readonly number[] => {
        const values = one.numbers(name);
        return values.length === sightings.length ? values : one.refuse(name, "as many as the sightings");
      };
      return {
        preset: one.text("preset"),
        minutes: perSighting("minutes"),
        looked_up_db: one.has("looked_up_db") ? perSighting("looked_up_db") : null,
        score: one.number("score", 0),
        high_minutes: one.number("high_minutes", 0),
        warns: one.flag("warns"),
      };
    }),
  };
}

/** Every preset that a row names must be described, so that the page can say what it is. */
function refuseUnknownPresets(report: ReplayReport): void {
  const known = new Set(report.presets.map(({ name }) => name));
  const check = (where: string, name: string): void => {
    if (!known.has(name)) throw new ReportError(`report.${where}: no preset has the name "${name}"`);
  };
  check("options", report.options.preset);
  for (const row of report.sweep) check("sweep", row.preset);
  for (const row of report.thresholds) check("thresholds", row.preset);
  for (const row of report.delays) check("delays", row.preset);
  for (const day of report.person_days) for (const row of day.by_preset) check("person_days", row.preset);
}
