/**
 * The chart of a soak: memory, event-loop delay and the server's gauges over time, as an SVG.
 *
 * @module
 */

import type { Sample } from "./samples.ts";

const WIDTH = 760;
const LEFT = 64;
const RIGHT = 16;
const HEIGHT = 712;

/** Between small charts, in pixels. */
const GAP = 36;

/** The area of a chart, in pixels. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A line of a chart. */
interface Line {
  readonly label: string;
  readonly className: string;
  readonly of: (sample: Sample) => number;
}

/** The map from a value to a share of an area's height, and the labelled values. */
interface Scale {
  readonly ticks: readonly number[];
  readonly share: (value: number) => number;
}

const STYLE = `
text{font:12px system-ui,sans-serif;fill:#333}
.title{font-weight:600}
.tick{font-size:11px;fill:#666}
.end{text-anchor:end}.middle{text-anchor:middle}
.back{fill:#fff}
.grid{stroke:#ddd}
.line{fill:none;stroke-width:1.5;stroke-linejoin:round}
.a{stroke:#0969da}.b{stroke:#bc4c00}.c{stroke:#999;stroke-width:1}
tspan.a{fill:#0969da;stroke:none}tspan.b{fill:#bc4c00;stroke:none}tspan.c{fill:#777;stroke:none}
@media(prefers-color-scheme:dark){
text{fill:#ddd}.tick{fill:#999}.back{fill:#0d1117}.grid{stroke:#333}
.a{stroke:#58a6ff}.b{stroke:#f0883e}.c{stroke:#777}
tspan.a{fill:#58a6ff}tspan.b{fill:#f0883e}tspan.c{fill:#999}}
`;

const MEMORY: readonly Line[] = [
  { label: "resident", className: "a", of: (sample) => sample.rssBytes / 1e6 },
  { label: "peak so far", className: "b", of: (sample) => sample.peakRssBytes / 1e6 },
];

const DELAY: readonly Line[] = [
  { label: "maximum in the load generator", className: "c", of: (sample) => sample.loadDelayMs },
  { label: "mean", className: "a", of: (sample) => sample.delayMeanMs },
  { label: "99th percentile, upper bound", className: "b", of: (sample) => sample.delayP99Ms },
];

const GAUGES: readonly Line[] = [
  { label: "connections", className: "a", of: (sample) => sample.connections },
  { label: "users", className: "a", of: (sample) => sample.users },
  { label: "rooms", className: "a", of: (sample) => sample.rooms },
  { label: "messages kept", className: "a", of: (sample) => sample.messagesKept },
  { label: "receipts", className: "a", of: (sample) => sample.receipts },
  { label: "message budgets", className: "a", of: (sample) => sample.messageBudgets },
  { label: "addresses", className: "a", of: (sample) => sample.addresses },
  { label: "queued, kB", className: "a", of: (sample) => sample.queuedBytes / 1000 },
  { label: "deliveries/s", className: "a", of: (sample) => sample.deliveriesPerSecond },
];

/** Draws samples as an SVG. */
export function drawSoak(samples: readonly Sample[]): string {
  const width = WIDTH - LEFT - RIGHT;
  const memory = { left: LEFT, top: 44, width, height: 150 };
  const delay = { left: LEFT, top: 262, width, height: 130 };
  const column = (width - 2 * GAP) / 3;
  const gauges = GAUGES.map((line, i) => {
    const top = 472 + Math.floor(i / 3) * 82;
    const left = LEFT + (i % 3) * (column + GAP);
    return drawSmall(samples, line, { left, top, width: column, height: 50 });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `width="${WIDTH}" height="${HEIGHT}" role="img">\n` +
    `<title>A soak of ${format(last(samples).minutes)} minutes</title>\n` +
    `<style>${STYLE}</style>\n<rect class="back" width="100%" height="100%"/>\n` +
    drawPanel("Memory, MB", samples, MEMORY, memory, linear) +
    drawPanel("Event-loop delay, ms", samples, DELAY, delay, logarithmic) +
    `${text(LEFT, 440, "title", "The server's gauges over the same time")}${
      gauges.join("")
    }</svg>\n`;
}

function drawPanel(
  title: string,
  samples: readonly Sample[],
  lines: readonly Line[],
  area: Area,
  scaleFor: (values: readonly number[]) => Scale,
): string {
  const { left, top, width, height } = area;
  const scale = scaleFor(lines.flatMap(({ of }) => samples.map(of)).filter(Number.isFinite));
  const legend = lines.map(({ label, className }) =>
    `<tspan class="${className}">${label}</tspan>`
  );
  const rows = scale.ticks.map((tick) => {
    const y = top + height * (1 - scale.share(tick));
    return rule(left, y, width) + text(left - 8, y + 4, "tick end", format(tick));
  });
  return text(left, top - 12, "title", title) +
    text(left + width, top - 12, "end", legend.join(" · ")) +
    rows.join("") + drawMinutes(samples, area) +
    lines.map((line) => drawLine(samples, line, area, scale)).join("");
}

/** Draws a small chart from 0 to the peak, over the minutes of the panels above. */
function drawSmall(samples: readonly Sample[], line: Line, area: Area): string {
  const { left, top, width, height } = area;
  const peak = Math.max(...samples.map(line.of));
  const scale = { ticks: [], share: (value: number) => value / (peak || 1) };
  return text(left, top - 8, "", line.label) +
    text(left + width, top - 8, "tick end", `peak ${format(peak)}`) +
    rule(left, top + height, width) + drawLine(samples, line, area, scale);
}

function drawMinutes(samples: readonly Sample[], { left, top, width, height }: Area): string {
  const { minutes } = last(samples);
  const ticks = ticksUpTo(minutes, 10).filter((tick) => tick <= minutes);
  return ticks.map((tick) => {
    const label = tick === 0 ? "0 min" : format(tick);
    return text(left + width * tick / minutes, top + height + 16, "tick middle", label);
  }).join("");
}

function drawLine(
  samples: readonly Sample[],
  { className, of }: Line,
  { left, top, width, height }: Area,
  { share }: Scale,
): string {
  const { minutes } = last(samples);
  const points = samples.filter((sample) => !Number.isNaN(of(sample))).map((sample) => {
    const y = top + height * (1 - Math.min(1, share(of(sample))));
    return `${(left + width * sample.minutes / minutes).toFixed(1)},${y.toFixed(1)}`;
  });
  return `<polyline class="line ${className}" points="${points.join(" ")}"/>\n`;
}

function rule(left: number, y: number, width: number): string {
  return `<path class="grid" d="M${left} ${y.toFixed(1)}h${width.toFixed(1)}"/>\n`;
}

function text(x: number, y: number, className: string, content: string): string {
  return `<text class="${className}" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${content}</text>\n`;
}

/** A scale from 0 to a round number above all values. */
function linear(values: readonly number[]): Scale {
  const ticks = ticksUpTo(Math.max(...values), 5);
  const top = ticks.at(-1) ?? 1;
  return { ticks, share: (value) => value / top };
}

/** A scale from the power of ten below all values to the one above. */
function logarithmic(values: readonly number[]): Scale {
  const above = values.filter((value) => value > 0).map(Math.log10).concat(0);
  const from = Math.floor(Math.min(...above));
  const to = Math.max(from + 1, Math.ceil(Math.max(...above)));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const share = (value: number): number => Math.max(0, (Math.log10(value) - from) / (to - from));
  return { ticks, share };
}

/** Round numbers from 0 to `max` or the next one above it, in about `count` steps. */
export function ticksUpTo(max: number, count: number): number[] {
  if (!(max > 0)) return [0, 1];
  const least = max / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least) ?? least;
  const steps = Math.ceil(max / step);
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

function format(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function last(samples: readonly Sample[]): Sample {
  const sample = samples.at(-1);
  if (sample === undefined) throw new RangeError("Cannot draw without a sample");
  return sample;
}
