/** The words of the replay's page in English. */

import type { Words } from "./words.js";

export const en: Words = {
  sources: {
    haslemere: {
      name: "Haslemere",
      whole: "Haslemere, England (Kissler et al. 2018, BBC Pandemic)",
      about: "The distance of each pair of people, every five minutes.",
    },
    sociopatterns: {
      name: "SocioPatterns",
      whole: "SocioPatterns",
      about: "Badges worn on the chest noted two people facing each other, every twenty seconds.",
    },
    copenhagen: {
      name: "Copenhagen",
      whole: "Copenhagen Networks Study",
      about: "Students’ phones received each other’s Bluetooth.",
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
    pairs: "≥ 15\u00a0min within 2\u00a0m, in one day",
    contacts: "by the record",
    sensitivity: "of the near who are warned",
    precision: "of the warned who were near",
  },
  run: (f0, seeds, adoption, preset, delay) =>
    `${f0} F0s drawn at random (first of ${seeds} draws), ${adoption} of people with the app, ` +
    `preset ${preset}, keys published after ${delay}.`,
  record: (name, steps, pairs, pairDays, seconds) =>
    `File ${name}: ${steps} time steps, ${pairs} pairs within 2\u00a0m for at least 15\u00a0minutes in one day ` +
    `(${pairDays} pairs and days). Replayed in ${seconds} seconds.`,
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
  band: (seeds) => `Band: least to greatest of ${seeds} seeds.`,
  oneSeed: "One seed only: how much the result varies is not known.",
  district: (share) => `Thanh Xuân ${share}`,
  districtHint: (share, installed, smartphones) =>
    `Upright line: Thanh Xuân district in March 2021, ${installed} of ${smartphones} smartphones (${share}).`,
  chart: (title) => `Chart: ${title}. The numbers are in the table below.`,
  slider: (axis) => `Choose a level: ${axis}`,
  sliderHint: "Drag, use the keys ← →, or touch a chart.",
  allNumbers: "All numbers",
  meanAndSpread: "Mean (least–greatest)",
  seeds: "Seeds",
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
  person: {
    title: "One person’s day",
    hint: "From signals to a warning: each time the F0’s ids are received, the attenuation decides what a minute counts.",
    none: "This report holds nobody’s day.",
    choose: "Person, F0 and day",
    option: (person, f0, date, verdict) => `${verdict} · person ${person} · F0 ${f0} · ${date}`,
    sentences: {
      right: (person, f0, minutes) => `Person ${person} was within 2\u00a0m of F0 ${f0} for ${minutes} minutes and was warned.`,
      missed: (person, f0, minutes) =>
        `Person ${person} was within 2\u00a0m of F0 ${f0} for ${minutes} minutes but was not warned.`,
      false: (person, f0, minutes) =>
        `Person ${person} was within 2\u00a0m of F0 ${f0} for only ${minutes} minutes but was warned.`,
      quiet: (person, f0, minutes) =>
        `Person ${person} was within 2\u00a0m of F0 ${f0} for ${minutes} minutes, and was not warned.`,
    },
    byPreset: (preset) => `by preset ${preset}`,
    truth: "The truth: how far from the F0",
    truthHint: "The taller, the nearer.",
    nearness: { near: "≤\u00a02\u00a0m", middle: "2–5\u00a0m", far: "over 5\u00a0m", unknown: "distance not recorded" },
    noTruth: "The record never has the two together on this day.",
    measured: "Measured: attenuation",
    measuredHint: (count) => `${count} receptions of the F0’s ids. The higher up, the less attenuation, the nearer.`,
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
      "Who met whom, when and how near was measured in the field. The radio is simulated. From there on ids, keys, exports, " +
      "matching and scoring go through the very code that runs on devices and server.",
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
    radioText: (name, loss, exponent, device, shadowing, fading) =>
      `${name}: loss ${loss}\u00a0dB at 1\u00a0m, exponent ${exponent}; standard deviation ${device}\u00a0dB between devices, ` +
      `${shadowing}\u00a0dB by bodies and things in between, ${fading}\u00a0dB from one advert to the next.`,
  },
  damaged: (reason) => `The report file is damaged (${reason}). Run bluezone replay FILE --serve again.`,
  unreachable: "The report could not be loaded: the server does not answer. Reload the page.",
};
