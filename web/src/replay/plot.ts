/** A chart of lines over a share or a number of days: x in percent of the width, so that any width fits. */

import { h, s } from "../shared/dom.js";
import { lookClass, marker } from "./choice.js";
import { along, nearest, type Scale, ticks } from "./scale.js";
import { hasSpread, type Point } from "./sweep.js";

const HEIGHT = 230;
/** More bands than this on top of each other must be fainter to be told apart. */
const CROWDED = 2;

export interface Line {
  readonly preset: string;
  readonly look: number;
  readonly runs: readonly (readonly Point[])[];
  /** What the line should be, drawn dotted; null: not drawn. */
  readonly expected: ((x: number) => number) | null;
}

export interface PlotOptions {
  readonly title: string;
  readonly hint: string;
  readonly description: string;
  readonly x: Scale;
  readonly xStep: number;
  readonly y: Scale;
  readonly xLabel: (value: number) => string;
  readonly yLabel: (value: number) => string;
  readonly xAxis: string;
  /** Values that can be chosen, rising. */
  readonly levels: readonly number[];
  readonly mark: { readonly x: number; readonly label: string } | null;
  readonly onChoose: (index: number) => void;
}

export interface Plot {
  readonly element: HTMLElement;
  readonly draw: (lines: readonly Line[]) => void;
  readonly point: (level: number) => void;
}

export function plot(options: PlotOptions): Plot {
  const across = (x: number): number => 100 * along(options.x, x);
  const percent = (x: number): string => `${across(x).toFixed(3)}%`;
  const down = (y: number): number => HEIGHT * (1 - along(options.y, y));
  const lines = s("g", {});
  const cursor = s("line", { class: "cursor", y1: 0, y2: HEIGHT });
  const svg = s(
    "svg",
    { class: "plot", width: "100%", height: HEIGHT, role: "img", "aria-label": options.description },
    axes(options, percent, down),
    mark(options, percent),
    cursor,
    lines,
  );
  follow(svg, (share) => {
    const index = nearest(options.levels, options.x.low + share * (options.x.high - options.x.low));
    if (index >= 0) options.onChoose(index);
  });
  return {
    element: h(
      "figure",
      { class: "plot-figure" },
      h("figcaption", {}, h("strong", {}, options.title), h("span", { class: "hint" }, options.hint)),
      h("div", { class: "plot-room" }, svg),
      h("p", { class: "axis-title", "aria-hidden": "true" }, options.xAxis),
    ),
    draw: (wanted) => {
      svg.classList.toggle("crowded", wanted.length > CROWDED);
      lines.replaceChildren(...wanted.map((line) => drawn(line, options.x, { across, percent, down })));
    },
    point: (level) => {
      for (const name of ["x1", "x2"]) cursor.setAttribute(name, percent(level));
    },
  };
}

interface Places {
  readonly across: (x: number) => number;
  readonly percent: (x: number) => string;
  readonly down: (y: number) => number;
}

function drawn(line: Line, x: Scale, { across, percent, down }: Places): SVGGElement {
  const look = lookClass(line.look);
  const at = (one: number, y: number): string => `${across(one).toFixed(3)},${down(y).toFixed(2)}`;
  const path = (className: string, d: string): SVGPathElement =>
    s("path", { class: `${className} ${look}`, d, "vector-effect": "non-scaling-stroke" }) as SVGPathElement;
  const bands = line.runs.filter(hasSpread).map((points) => {
    const back = [...points].reverse();
    const edge = [...points.map(({ x: one, spread }) => at(one, spread.high)), ...back.map(({ x: one, spread }) => at(one, spread.low))];
    return path("band", `M${edge.join("L")}Z`);
  });
  const means = line.runs
    .filter((points) => points.length > 1)
    .map((points) => path("line", `M${points.map(({ x: one, spread }) => at(one, spread.mean)).join("L")}`));
  const { expected } = line;
  const steps = Array.from({ length: 41 }, (_, index) => x.low + ((x.high - x.low) * index) / 40);
  const dotted = expected && path("expected", `M${steps.map((one) => at(one, expected(one))).join("L")}`);
  const points = line.runs.flat().map(({ x: one, spread, uncertain }) =>
    s("svg", { x: percent(one), y: down(spread.mean), class: "point", "data-mean": spread.mean }, marker(line.look, uncertain)),
  );
  return s(
    "g",
    { "data-preset": line.preset },
    stretched(HEIGHT, ...bands, ...(dotted ? [dotted] : []), ...means),
    ...points,
  );
}

/** Where x is percent and y is pixels, for paths, which know no percent; strokes keep their width. */
export function stretched(height: number, ...children: SVGElement[]): SVGElement {
  return s(
    "svg",
    { width: "100%", height, viewBox: `0 0 100 ${height}`, preserveAspectRatio: "none", class: "stretched" },
    ...children,
  );
}

/** Calls with the share of the width that a mouse is over, or a finger touched. */
export function follow(svg: SVGElement, call: (share: number) => void): void {
  const tell = (event: PointerEvent): void => {
    const { left, width } = svg.getBoundingClientRect();
    if (width > 0) call(Math.min(1, Math.max(0, (event.clientX - left) / width)));
  };
  svg.addEventListener("pointermove", (event) => event.pointerType === "mouse" && tell(event));
  svg.addEventListener("pointerdown", tell);
}

function axes(options: PlotOptions, percent: (x: number) => string, down: (y: number) => number): SVGGElement {
  return s(
    "g",
    { class: "axes" },
    ...ticks(options.y).flatMap((value) => [
      s("line", { class: "rule", x1: 0, x2: "100%", y1: down(value), y2: down(value) }),
      s("text", { x: -6, y: down(value) + 4, "text-anchor": "end" }, options.yLabel(value)),
    ]),
    ...ticks(options.x, 5, options.xStep).flatMap((value) => [
      s("line", { class: "rule", x1: percent(value), x2: percent(value), y1: HEIGHT, y2: HEIGHT + 5 }),
      s("text", { x: percent(value), y: HEIGHT + 19, "text-anchor": "middle" }, options.xLabel(value)),
    ]),
  );
}

function mark(options: PlotOptions, percent: (x: number) => string): SVGGElement | null {
  if (options.mark === null || along(options.x, options.mark.x) > 1) return null;
  const x = percent(options.mark.x);
  return s(
    "g",
    { class: "mark" },
    s("line", { x1: x, x2: x, y1: -4, y2: HEIGHT }),
    s("text", { x, y: -9, "text-anchor": "middle" }, options.mark.label),
  );
}
