/** Numbers, dates and times the way the reader writes them. */

export type Language = "vi" | "en";

const LOCALES: Readonly<Record<Language, string>> = { vi: "vi-VN", en: "en-GB" };

export interface Format {
  /** 157.542 in Vietnamese, 157,542 in English. */
  readonly number: (value: number, digits?: number) => string;
  /** Share of a whole: 39,12 %. */
  readonly percent: (share: number, digits?: number) => string;
  /** HH:mm, local. */
  readonly time: (unixSeconds: number) => string;
  /** dd/MM/yyyy, local. */
  readonly date: (unixSeconds: number) => string;
  readonly dateTime: (unixSeconds: number) => string;
  /** 10:05–10:25. */
  readonly span: (from: number, to: number) => string;
  /** Whole minutes; what is there but shorter than one is "< 1". */
  readonly minutes: (seconds: number) => string;
}

/** @throws RangeError for a time zone that the browser does not know. */
export function formatFor(language: Language, timezone: string): Format {
  const locale = LOCALES[language];
  const plain = new Map<number, Intl.NumberFormat>();
  const number = (value: number, digits = 0): string => {
    const format =
      plain.get(digits) ??
      new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    plain.set(digits, format);
    return format.format(value);
  };
  // Parts, not format(): vi-VN puts the time before the date and may drop leading zeros.
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const fields = (unixSeconds: number): Record<string, string> =>
    Object.fromEntries(parts.formatToParts(new Date(unixSeconds * 1000)).map(({ type, value }) => [type, value]));
  const time = (unixSeconds: number): string => {
    const { hour, minute } = fields(unixSeconds);
    return `${hour}:${minute}`;
  };
  const date = (unixSeconds: number): string => {
    const { day, month, year } = fields(unixSeconds);
    return `${day}/${month}/${year}`;
  };
  return {
    number,
    percent: (share, digits = 2) => `${number(share * 100, digits)}\u00a0%`,
    time,
    date,
    dateTime: (unixSeconds) => `${time(unixSeconds)} ${date(unixSeconds)}`,
    span: (from, to) => `${time(from)}–${time(to)}`,
    minutes: (seconds) => (seconds > 0 && seconds < 60 ? "<\u00a01" : number(Math.round(seconds / 60))),
  };
}

/** yyyy-MM-dd as dd/MM/yyyy; anything else as it is. */
export function dayInWords(isoDay: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(isoDay);
  return match ? `${match[3]}/${match[2]}/${match[1]}` : isoDay;
}
