/** Reads a JSON document with suspicion: the first field that does not fit is named. */

/** The document is not a report; the message names the field. */
export class ReportError extends Error {}

/** Reads one JSON object field by field; `where` is its path for the messages. */
export class Fields {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(value: unknown, private readonly where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ReportError(`${where}: must be an object`);
    }
    this.values = value as Record<string, unknown>;
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  text(name: string): string {
    const value = this.values[name];
    return typeof value === "string" ? value : this.refuse(name, "a text");
  }

  number(name: string, least = -Infinity, most = Infinity): number {
    const value = this.values[name];
    if (typeof value !== "number" || !Number.isFinite(value)) return this.refuse(name, "a number");
    if (value >= least && value <= most) return value;
    return this.refuse(name, most === Infinity ? `at least ${least}` : `from ${least} to ${most}`);
  }

  /** A number without a fraction. */
  whole(name: string, least = -Infinity, most = Infinity): number {
    const value = this.number(name, least, most);
    return Number.isInteger(value) ? value : this.refuse(name, "a whole number");
  }

  numberOrNull(name: string, least = -Infinity, most = Infinity): number | null {
    return this.values[name] === null ? null : this.number(name, least, most);
  }

  flag(name: string): boolean {
    const value = this.values[name];
    return typeof value === "boolean" ? value : this.refuse(name, "true or false");
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = allowed.find((one) => one === this.values[name]);
    return value ?? this.refuse(name, `one of ${allowed.join(", ")}`);
  }

  object(name: string): Fields {
    return new Fields(this.values[name], `${this.where}.${name}`);
  }

  /** null only where null is written: a field that is missing is a fault. */
  objectOrNull(name: string): Fields | null {
    return this.values[name] === null ? null : this.object(name);
  }

  numbers(name: string): readonly number[] {
    const value = this.values[name];
    const fits = Array.isArray(value) && value.every((one): one is number => Number.isFinite(one));
    return fits ? value : this.refuse(name, "a list of numbers");
  }

  texts(name: string): readonly string[] {
    const value = this.values[name];
    const fits = Array.isArray(value) && value.every((one): one is string => typeof one === "string");
    return fits ? value : this.refuse(name, "a list of texts");
  }

  list<T>(name: string, parse: (row: Fields) => T): readonly T[] {
    const value = this.values[name];
    if (!Array.isArray(value)) return this.refuse(name, "a list");
    return value.map((row, index) => parse(new Fields(row, `${this.where}.${name}[${index}]`)));
  }

  /** @throws ReportError saying what the field must be. */
  refuse(name: string, wanted: string): never {
    throw new ReportError(`${this.where}.${name}: must be ${wanted}`);
  }
}
