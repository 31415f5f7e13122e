/** The words of the replay's page in English. */

import type { Truth, Words } from "./words.js";

const METRES: Readonly<Record<Truth, string>> = {
  near: "≤\u00a02\u00a0m",
  middle: "2–5\u00a0m",
  far: "over 5\u00a0m",
  unknown: "distance not recorded",
};

export const en: Words = {
  sources: {
    haslemere: {
      name: "Haslemere",
      whole: "Haslemere, England (Kissler et al. 2018, BBC Pandemic)",
      about: "The distance of each pair of people, every five minutes.",
      caveat: null,
      pairsHint: "≥ 15\u00a0min within 2\u00a0m, in one day",
      contactsHint: "by recorded distance",
      pairs: "within 2\u00a0m",
      near: (person, f0, minutes, only) =>
        `Person ${person} was within 2\u00a0m of F0 ${f0} for ${only ? "only " : ""}${minutes} minutes`,
      truth: "The truth: how far from the F0",
      truthHint: "The taller, the nearer.",
      nearness: METRES,
      path: "Who met whom, when and how near was measured in the field. The radio is simulated.",
    },
    sociopatterns: {
      name: "SocioPatterns",
      whole: "SocioPatterns",
      about: "Badges worn on the chest noted two people facing each other, every twenty seconds.",
      caveat:
        "Nobody measured distances here: badges noted two people facing each other within about 1 to 1.5\u00a0m, and " +
        "1.25\u00a0m is assumed. “Truly near” means face to face for at least 15\u00a0minutes in one day; people who were " +
        "near without facing each other are not in the record.",
      pairsHint: "≥ 15\u00a0min face to face, in one day",
      contactsHint: "face to face, by their badges",
      pairs: "face to face",
      near: (person, f0, minutes, only) =>
        `Person ${person} was face to face with F0 ${f0} for ${only ? "only " : ""}${minutes} minutes`,
      truth: "On record: face to face with the F0",
      truthHint: "No distance was recorded; 1.25\u00a0m is assumed.",
      nearness: { ...METRES, near: "face to face" },
      path:
        "Who faced whom and when was recorded in the field; how near was not, so 1.25\u00a0m is assumed for all. " +
        "The radio is simulated.",
    },
    copenhagen: {
      name: "Copenhagen",
      whole: "Copenhagen Networks Study",
      about: "Students’ phones received each other’s Bluetooth.",
      caveat:
        "Nobody measured distances here, only how strongly phones received each other: −75\u00a0dBm or more is taken as " +
        "within 2\u00a0m. “Truly near” means at least 15\u00a0minutes of that in one day; truth and measurement are the " +
        "same radio, so sensitivity and precision look better than they are.",
      pairsHint: "≥ 15\u00a0min at −75\u00a0dBm or more, in one day",
      contactsHint: "by strength, not by distance",
      pairs: "that received each other at −75\u00a0dBm or more",
      near: (person, f0, minutes, only) =>
        `By the record, person ${person} was near F0 ${f0} for ${only ? "only " : ""}${minutes} minutes ` +
        "(−75\u00a0dBm or more)",
      truth: "On record: when the two phones received each other",
      truthHint: "At any strength; how near was not recorded.",
      nearness: { ...METRES, unknown: "received each other" },
      path:
        "Whose phone received whose, when and how strongly was measured in the field; how near was not. Devices hear each " +
        "other as strongly as was recorded; of the radio model below only the loss at 2\u00a0m is used, which is taken to " +
        "be that of −75\u00a0dBm.",
    },
  },
  kicker: "A replay of real contacts",
  title: (source, people, days) => `${source}: ${people}\u00a0people, ${days}\u00a0days`,
  found: (of, some, all) => `Of 100\u00a0people who were truly near, ${of} warned (${some} of ${all}).`,
  trusted: (of, some, all) => `Of 100\u00a0people who are warned, ${of} truly near (${some} of ${all}).`,
  nobodyNear: "Nobody was truly near an F0, so there is no sensitivity.",
  nobodyWarned: "Nobody was warned, so there is no precision.",
  bounds: {
    exact: (count) => (count === "1" ? "1\u00a0is" : `${count}\u00a0are`),
    below: (count) => `fewer than ${count}\u00a0are`,
    above: (count) => `more than ${count}\u00a0are`,
  },
  tiles: {
    people: "People",
    pairs: "Near pairs",
    f0: "F0s each time",
    seeds: "Draws of F0s",
    contacts: "Truly near an F0",
    warned: "Warned",
    sensitivity: "Sensitivity",
    precision: "Precision",
  },
  tileHints: {
    seeds: "figures here: the first",
    sensitivity: "of the near who are warned",
    precision: "of the warned who were near",
  },
  run: (f0, seeds, adoption, preset, delay) =>
    `${f0} F0s drawn at random (first of ${seeds} draws), ${adoption} of people with the app, ` +
    `preset ${preset}, keys published after ${delay}.`,
  record: (name, steps, pairs, which, pairDays) =>
    `File ${name}: ${steps} time steps, ${pairs} pairs ${which} for at least 15\u00a0minutes in one day ` +
    `(${pairDays} pairs and days).`,
  took: (seconds, resumed) =>
    `Replayed in ${seconds} seconds${resumed ? ", with what earlier runs had done" : ""}.`,
  presetNames: {
    "bluezone": "Bluezone",
    "bluezone_v2": "Bluezone 2.x: one sighting",
    "ch-2020-early": "Switzerland 50/55 dB",
    "ch-2020-late": "Switzerland 55/63 dB",
    "de-cwa": "Germany, Corona-Warn-App",
  },
  presets: "Presets",
  presetsHint: "Press to hide or show.",
  noPreset: "No preset is chosen.",
  preset: "Preset",
  figures: { sensitivity: "Sensitivity", precision: "Precision", days: "Days to warning" },
  figureHints: {
    sensitivity: "Of those who were truly near, the share who are warned.",
    precision: "Of those who are warned, the share who were truly near.",
    days: "From being near an F0 to the device’s warning.",
  },
  adoption: "How good the warning is, by how many have the app",
  adoptionHint:
    "A warning needs the app on both sides, the F0’s and the contact’s. At adoption p, " +
    "about p² of the contacts can be warned.",
  adoptionAxis: "Share of people with the app",
  noSweep: "This report has no figures by adoption.",
  expected: "By p²",
  expectedHint: "Dotted line: sensitivity at full adoption × p², of the first preset that is shown.",
  noExpected: "No p² line: the report does not go up to full adoption.",
  reachable: "Both have the app",
  band: (all, seeds, draws) =>
    `Band: least to greatest of ${all} draws (${seedsOf(seeds)} × ${draws} draws of who has the app).`,
  bandOfSeeds: (seeds) => `Band: least to greatest of ${seedsOf(seeds)}.`,
  nothingToDraw: (seeds) => `Where everybody has the app, or nobody, there is nothing to draw: of ${seedsOf(seeds)} only.`,
  oneSeed: "One seed only: how much the result varies is not known.",
  hollow:
    "Hollow mark: uncertain, as it rests on under a quarter of the draws. " +
    "In the others nobody was warned, or nobody was near, so there was no share.",
  rests: (of, draws) => `${of} of ${draws} draws`,
  district: (share) => `Thanh Xuân ${share}`,
  districtHint: (share, installed, smartphones) =>
    `Upright line: Thanh Xuân district in March 2021, ${installed} of ${smartphones} smartphones (${share}).`,
  chart: (title) => `Chart: ${title}. The numbers are in the table below.`,
  slider: (axis) => `Choose a level: ${axis}`,
  sliderHint: "Drag, use the keys ← →, or touch a chart.",
  allNumbers: "All numbers",
  meanAndSpread: "Mean (least–greatest)",
  draws: "Draws",
  unknown: "–",
  delays: "What a delay costs",
  delaysHint: "Days from the positive result to publishing the F0’s keys.",
  delayAxis: "Days of delay",
  daysUnit: (days) => (days === "1" ? "1 day" : `${days} days`),
  thresholds: "Other thresholds",
  thresholdsHint:
    "Each cell is one choice: how many minutes at risk it takes to warn, and by how many dB the limits are moved " +
    "(+ accepts weaker signals). The more a cell stands out, the higher.",
  shift: "Limits moved by",
  minutesColumn: (minutes) => `${minutes} min`,
  shiftRow: (shift) => `${shift}\u00a0dB`,
  asShipped: "Framed cell: the preset as it is.",
  fewDraws: (example) =>
    `Small figures such as ${example}: from how many of the draws the share is; in the others nobody was warned, ` +
    "or nobody was near, so there was no share.",
  person: {
    title: "One person’s day",
    hint:
      "From signals to a warning: each time the F0’s ids are received, the attenuation decides what a minute counts. " +
      "Everybody here has the app, and so has their F0.",
    none: "This report holds nobody’s day.",
    choose: "Person, F0 and day",
    option: (person, f0, date, verdict) => `${verdict} · person ${person} · F0 ${f0} · ${date}`,
    sentences: {
      right: (near) => `${near} and was warned.`,
      missed: (near) => `${near} but was not warned.`,
      false: (near) => `${near} but was warned.`,
      quiet: (near) => `${near}, and was not warned.`,
    },
    byPreset: (preset) => `by preset ${preset}`,
    noTruth: "The record never has the two together on this day.",
    measured: "Measured: attenuation",
    measuredHint: (count) => `${count} receptions of the F0’s ids. The higher up, the less attenuation, and the nearer by the device’s reckoning.`,
    typical: "typical of the scan",
    least: "least of the scan",
    adjusted: "adjusted",
    looksAt: {
      typical: "",
      minimum: "This preset looks at the least attenuation (the small square).",
      adjusted: "This preset looks at an attenuation adjusted by the other receptions around (the ring).",
    },
    noSightings: "This person’s device never received the F0’s ids on that day.",
    notJudged: "The report has no result of this preset for this day.",
    weight: (weight) => `×\u00a0${weight}`,
    minutes: "Added up to minutes at risk",
    minutesHint: "Each reception’s seconds × its weight, added up. At the threshold, within a day, the device warns.",
    threshold: (minutes) => `threshold ${minutes} min`,
    sum: (minutes) => `${minutes} min`,
    reached: (preset, sum, threshold, time) =>
      `${preset}: ${sum} minutes at risk, threshold of ${threshold} minutes reached at ${time}. The device warns.`,
    any: (preset, time) => `${preset}: one reception is enough, at ${time}. The device warns.`,
    notReached: (preset, sum, threshold) =>
      `${preset}: ${sum} minutes at risk, under the threshold of ${threshold} minutes. The device does not warn.`,
    slider: "Look at each reception",
    readout: (index, of, time, typical, least, seconds, minutes, sum) =>
      `No. ${index} of ${of}, ${time}: attenuation ${typical}\u00a0dB (least ${least}\u00a0dB), stands for ${seconds} seconds, ` +
      `counts ${minutes} minutes; sum ${sum} minutes.`,
    table: "Table of receptions",
    columns: {
      time: "At",
      typical: "Attenuation (dB)",
      least: "Least (dB)",
      adjusted: "Adjusted (dB)",
      seconds: "Seconds",
      minutes: "Counts (min)",
      sum: "Sum",
    },
  },
  method: {
    title: "How it is worked out",
    path:
      "From there on ids, keys, exports, matching and scoring go through the very code that runs on devices and server.",
    presets: "The presets",
    columns: { preset: "Preset", buckets: "What a minute counts, by attenuation", threshold: "Warns from" },
    between: (from, to) => `${from}–${to}\u00a0dB`,
    under: (to) => `under ${to}\u00a0dB`,
    over: (from) => `from ${from}\u00a0dB`,
    anyStrength: "any attenuation",
    anySighting: "one reception",
    ofScan: {
      typical: "",
      minimum: "looks at the least attenuation of a scan",
      adjusted: "looks at an attenuation adjusted by other receptions",
    },
    minutesUnit: (minutes) => `${minutes} min`,
    radio: "Radio model",
    sameScenes:
      "The constants of this model and the preset Bluezone were both fitted to the same four measured scenes (lunch, train, " +
      "office, queue), the other presets were not: this favours Bluezone.",
    radioText: (name, loss, exponent, device, shadowing, fading) =>
      `${name}: loss ${loss}\u00a0dB at 1\u00a0m, exponent ${exponent}; standard deviation ${device}\u00a0dB between devices, ` +
      `${shadowing}\u00a0dB by bodies and things in between, ${fading}\u00a0dB from one advert to the next.`,
  },
  damaged: (reason) => `The report file is damaged (${reason}). Run bluezone replay FILE --serve again.`,
  unreachable: "The report could not be loaded: the server does not answer. Reload the page.",
};

function seedsOf(count: string): string {
  return count === "1" ? "1\u00a0seed" : `${count}\u00a0seeds`;
}
