/** Every word on the page, in Vietnamese and English. */

import { type Verdict, VERDICT_WORDS } from "../shared/badge.js";
import type { Language } from "../shared/format.js";
import type { Nearness } from "../shared/nearness.js";
import type { PlaceKind, SourceKind } from "./report.js";

export interface Words {
  readonly headline: (people: string, f0: string, f0Count: number, near: string) => string;
  readonly verdictLine: (warned: string, missed: number, missedText: string, wrong: number, wrongText: string) => string;
  readonly source: Readonly<Record<SourceKind, string>>;
  readonly tiles: Readonly<Record<"people" | "f0" | "near" | "warned" | "missed" | "false", string>>;
  readonly tileHints: Readonly<Record<"near" | "missed" | "false", string>>;
  readonly run: (receptions: string, seconds: string, preset: string) => string;
  readonly found: (right: string, near: string, share: string) => string;
  readonly timeline: string;
  readonly timelineHint: string;
  readonly legendNear: string;
  readonly legendPlaces: string;
  readonly legendContacts: string;
  readonly nearness: Readonly<Record<Nearness, string>>;
  readonly places: Readonly<Record<PlaceKind, string>>;
  readonly verdicts: Readonly<Record<Verdict, string>>;
  readonly verdictSentences: Readonly<Record<Verdict, (name: string, minutes: string) => string>>;
  readonly withF0: (spans: string) => string;
  readonly alert: (name: string) => string;
  readonly alertFacts: Readonly<Record<"day" | "minutes" | "score" | "closest" | "certainty", string>>;
  readonly alertInFull: string;
  /** The devices' own words for how sure they are. */
  readonly certainties: Readonly<Record<string, string | undefined>>;
  readonly minutesUnit: (minutes: string) => string;
  readonly metresUnit: (metres: string) => string;
  readonly sightings: string;
  readonly sightingsOf: (count: string, name: string) => string;
  readonly sightingsHint: string;
  readonly sightingColumns: Readonly<Record<"time" | "of" | "attenuation" | "seconds" | "weight" | "counts", string>>;
  readonly sightingsTotal: string;
  readonly noSightings: string;
  readonly noSightingsOfF0: string;
  readonly met: string;
  readonly metNobody: string;
  readonly metColumns: Readonly<Record<"who" | "near" | "reach" | "closest" | "when", string>>;
  readonly behindWall: string;
  readonly matrix: string;
  readonly matrixHint: string;
  readonly matrixLevels: readonly string[];
  readonly pair: (one: string, other: string, minutes: string) => string;
  readonly results: string;
  readonly resultColumns: Readonly<Record<"person" | "role" | "nearMinutes" | "near" | "warned" | "risk" | "verdict", string>>;
  readonly yes: string;
  readonly no: string;
  readonly events: string;
  readonly damaged: (reason: string) => string;
  readonly unreachable: string;
}

const vi: Words = {
  headline: (people, f0, f0Count, near) =>
    `Trong ${people}\u00a0người, ${f0} được xác nhận dương tính (F0). ${near}\u00a0người thật sự ở gần ${f0Count > 1 ? "họ" : "F0"} ` +
    "ít nhất 15\u00a0phút trong vòng 2\u00a0m.",
  verdictLine: (warned, missed, missedText, wrong, wrongText) =>
    `Bluezone cảnh báo ${warned} người: ${missed ? `bỏ sót ${missedText}` : "không bỏ sót ai"}, ` +
    `${wrong ? `báo nhầm ${wrongText}` : "không báo nhầm ai"}.`,
  source: {
    script: "Ngày mô phỏng",
    haslemere: "Tiếp xúc có thật: nghiên cứu Haslemere",
    sociopatterns: "Tiếp xúc có thật: SocioPatterns",
    copenhagen: "Bluetooth có thật, khoảng cách ước lượng: nghiên cứu Copenhagen",
  },
  tiles: {
    people: "Người",
    f0: "F0",
    near: "Thật sự ở gần",
    warned: "Được cảnh báo",
    missed: "Bỏ sót",
    false: "Báo nhầm",
  },
  tileHints: {
    near: "≥ 15 phút trong 2 m",
    missed: "ở gần, không được báo",
    false: "được báo, không ở gần",
  },
  run: (receptions, seconds, preset) =>
    `${receptions} lượt thu sóng Bluetooth, mô phỏng trong ${seconds} giây, bộ quy tắc ${preset}.`,
  found: (right, near, share) => `Tìm ra ${right} trong ${near} người ở gần (${share}).`,
  timeline: "Dòng thời gian",
  timelineHint: "Mỗi hàng là một người. Chọn một hàng để xem người ấy gặp ai và máy đo được gì. Phím ↑ ↓ chuyển hàng.",
  legendNear: "Ở cùng F0",
  legendPlaces: "Nơi",
  legendContacts: "Có người trong tầm sóng",
  nearness: { near: "≤\u00a02\u00a0m", middle: "2–5\u00a0m", far: "xa hơn hoặc sau tường" },
  places: { home: "Nhà", bus: "Xe buýt", school: "Trường", office: "Cơ quan", cafe: "Quán" },
  verdicts: VERDICT_WORDS.vi,
  verdictSentences: {
    f0: (name) => `${name} được xác nhận dương tính và đã đồng ý công bố khóa của mình.`,
    right: (name, minutes) => `${name} ở trong vòng 2 m quanh F0 ${minutes} phút và đã được cảnh báo.`,
    missed: (name, minutes) => `${name} ở trong vòng 2 m quanh F0 ${minutes} phút nhưng không được cảnh báo.`,
    false: (name, minutes) => `${name} chỉ ở trong vòng 2 m quanh F0 ${minutes} phút nhưng vẫn được cảnh báo.`,
    quiet: (name, minutes) => `${name} ở trong vòng 2 m quanh F0 ${minutes} phút, và không được cảnh báo.`,
  },
  withF0: (spans) => `Ở gần F0: ${spans}.`,
  alert: (name) => `Cảnh báo trên máy của ${name}`,
  alertFacts: {
    day: "Ngày",
    minutes: "Thời gian đo được",
    score: "Tính thành nguy cơ",
    closest: "Suy hao ít nhất",
    certainty: "Mức chắc chắn",
  },
  alertInFull: "Nguyên văn cảnh báo",
  certainties: { likely: "nhiều khả năng đúng", possible: "có thể đúng" },
  minutesUnit: (minutes) => `${minutes} phút`,
  metresUnit: (metres) => `${metres} m`,
  sightings: "Máy đo được gì",
  sightingsOf: (count, name) => `${count} lần thu được mã của ${name}`,
  sightingsHint: "Suy hao càng nhỏ thì càng gần. Số giây × trọng số = thời gian nguy cơ.",
  sightingColumns: {
    time: "Lúc",
    of: "Mã của",
    attenuation: "Suy hao (dB)",
    seconds: "Giây",
    weight: "Trọng số",
    counts: "Tính (phút)",
  },
  sightingsTotal: "Tổng thời gian nguy cơ",
  noSightings: "Báo cáo không có số đo nào của máy này.",
  noSightingsOfF0: "Không hiện số đo cho F0: chính khóa của người này được công bố.",
  met: "Đã gặp ai",
  metNobody: "Không có ai trong tầm sóng cả ngày.",
  metColumns: { who: "Người", near: "≤\u00a02\u00a0m (phút)", reach: "Tầm sóng (phút)", closest: "Gần nhất", when: "Khi nào" },
  behindWall: "sau tường",
  matrix: "Ai gặp ai",
  matrixHint: "Số phút hai người ở trong vòng 2 m. Màu càng đậm càng lâu.",
  matrixLevels: ["0", "dưới 5", "5–14", "15–59", "từ 60 phút"],
  pair: (one, other, minutes) => `${one} – ${other}: ${minutes} phút trong vòng 2 m`,
  results: "Kết quả từng người",
  resultColumns: {
    person: "Người",
    role: "Vai trò",
    nearMinutes: "Trong 2 m quanh F0 (phút)",
    near: "Thật sự ở gần",
    warned: "Được cảnh báo",
    risk: "Nguy cơ đo được (phút)",
    verdict: "Kết quả",
  },
  yes: "Có",
  no: "Không",
  events: "Diễn biến",
  damaged: (reason) => `Tệp báo cáo bị hỏng (${reason}). Hãy chạy lại make demo.`,
  unreachable: "Không tải được báo cáo: máy chủ không trả lời. Hãy tải lại trang.",
};

const en: Words = {
  headline: (people, f0, f0Count, near) =>
    `Of ${people} people, ${f0} ${f0Count > 1 ? "were" : "was"} confirmed positive (F0). ` +
    `Truly near ${f0Count > 1 ? "them" : "the F0"} for at least 15\u00a0minutes within 2\u00a0m: ${near}.`,
  verdictLine: (warned, missed, missedText, wrong, wrongText) =>
    `Bluezone warned ${warned}: ${missed ? `${missedText} missed` : "nobody missed"}, ` +
    `${wrong ? `${wrongText} warned wrongly` : "nobody warned wrongly"}.`,
  source: {
    script: "Simulated day",
    haslemere: "Real contacts: the Haslemere study",
    sociopatterns: "Real contacts: SocioPatterns",
    copenhagen: "Real Bluetooth, distances inferred: the Copenhagen study",
  },
  tiles: { people: "People", f0: "F0", near: "Truly near", warned: "Warned", missed: "Missed", false: "False" },
  tileHints: { near: "≥ 15 min within 2 m", missed: "near, not warned", false: "warned, not near" },
  run: (receptions, seconds, preset) =>
    `${receptions} Bluetooth receptions, simulated in ${seconds} seconds, rule set ${preset}.`,
  found: (right, near, share) => `Found ${right} of ${near} who were near (${share}).`,
  timeline: "Timeline",
  timelineHint: "One row per person. Choose a row to see whom they met and what their device measured. Keys ↑ ↓ change rows.",
  legendNear: "With an F0",
  legendPlaces: "Place",
  legendContacts: "Someone within reach",
  nearness: { near: "≤\u00a02\u00a0m", middle: "2–5\u00a0m", far: "further or behind a wall" },
  places: { home: "Home", bus: "Bus", school: "School", office: "Office", cafe: "Café" },
  verdicts: VERDICT_WORDS.en,
  verdictSentences: {
    f0: (name) => `${name} was confirmed positive and agreed to publish their keys.`,
    right: (name, minutes) => `${name} was within 2 m of an F0 for ${minutes} minutes and was warned.`,
    missed: (name, minutes) => `${name} was within 2 m of an F0 for ${minutes} minutes but was not warned.`,
    false: (name, minutes) => `${name} was within 2 m of an F0 for only ${minutes} minutes but was warned.`,
    quiet: (name, minutes) => `${name} was within 2 m of an F0 for ${minutes} minutes, and was not warned.`,
  },
  withF0: (spans) => `Near an F0: ${spans}.`,
  alert: (name) => `Warning on ${name}’s device`,
  alertFacts: {
    day: "Day",
    minutes: "Measured time",
    score: "Counts as risk",
    closest: "Least attenuation",
    certainty: "How sure",
  },
  alertInFull: "The warning in full (Vietnamese)",
  certainties: {},
  minutesUnit: (minutes) => `${minutes} min`,
  metresUnit: (metres) => `${metres} m`,
  sightings: "What the device measured",
  sightingsOf: (count, name) => `${count} receptions of ${name}’s ids`,
  sightingsHint: "The lower the attenuation, the nearer. Seconds × weight = time at risk.",
  sightingColumns: {
    time: "At",
    of: "Ids of",
    attenuation: "Attenuation (dB)",
    seconds: "Seconds",
    weight: "Weight",
    counts: "Counts (min)",
  },
  sightingsTotal: "Total time at risk",
  noSightings: "The report holds no measurements by this device.",
  noSightingsOfF0: "No measurements are shown for an F0: it is their keys that were published.",
  met: "Whom they met",
  metNobody: "Nobody was within reach all day.",
  metColumns: { who: "Who", near: "≤\u00a02\u00a0m (min)", reach: "Within reach (min)", closest: "Nearest", when: "When" },
  behindWall: "behind a wall",
  matrix: "Who met whom",
  matrixHint: "Minutes that two people spent within 2 m. The darker, the longer.",
  matrixLevels: ["0", "under 5", "5–14", "15–59", "60 minutes or more"],
  pair: (one, other, minutes) => `${one} – ${other}: ${minutes} minutes within 2 m`,
  results: "Result for each person",
  resultColumns: {
    person: "Person",
    role: "Role",
    nearMinutes: "Within 2 m of an F0 (min)",
    near: "Truly near",
    warned: "Warned",
    risk: "Measured risk (min)",
    verdict: "Result",
  },
  yes: "Yes",
  no: "No",
  events: "What happened",
  damaged: (reason) => `The report file is damaged (${reason}). Run make demo again.`,
  unreachable: "The report could not be loaded: the server does not answer. Reload the page.",
};

export const WORDS: Readonly<Record<Language, Words>> = { vi, en };
