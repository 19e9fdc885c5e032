/**
 * Counters, gauges and histograms in the text format of Prometheus:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * @module
 */

/** The media type of the text that {@linkcode formatMetrics} returns. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A metric: samples with the same name. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One value of a metric. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
  /** Appended to the metric's name. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
}

/** Values by the names of their labels. */
export type Labels = Readonly<Record<string, string>>;

/** A value that only grows. Its name ends in `_total`. */
export function counter(name: string, help: string, value: number): Metric {
  return { name, type: "counter", help, samples: [{ value }] };
}

/** A counter for each value of a label. The values must come from a fixed set. */
export function counterBy(
  label: string,
  name: string,
  help: string,
  counts: Readonly<Record<string, number>>,
): Metric {
  const samples = Object.entries(counts).map(([each, value]) => ({
    value,
    labels: { [label]: each },
  }));
  return { name, type: "counter", help, samples };
}

/** A value that can grow and shrink. */
export function gauge(name: string, help: string, value: number, labels: Labels = {}): Metric {
  return { name, type: "gauge", help, samples: [{ value, labels }] };
}

/** A distribution of values. */
export function histogram(name: string, help: string, { samples }: Histogram): Metric {
  return { name, type: "histogram", help, samples };
}

/** Counts of values by size. */
export class Histogram {
  readonly #buckets: readonly { readonly bound: number; count: number }[];
  #sum = 0;

  /** @param bounds the greatest value of each bucket, in ascending order; `Infinity` is added */
  constructor(bounds: readonly number[]) {
    this.#buckets = [...bounds, Infinity].map((bound) => ({ bound, count: 0 }));
  }

  observe(value: number): void {
    this.#sum += value;
    for (const bucket of this.#buckets) {
      if (value > bucket.bound) continue;
      bucket.count++;
      return;
    }
  }

  /** The samples, in which each bucket includes the smaller values too. */
  get samples(): Sample[] {
    let total = 0;
    const buckets = this.#buckets.map(({ bound, count }) => {
      total += count;
      return { suffix: "_bucket", value: total, labels: { le: formatNumber(bound) } } as const;
    });
    return [...buckets, { suffix: "_sum", value: this.#sum }, { suffix: "_count", value: total }];
  }
}

/** The text of metrics with different names. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics.map(({ name, type, help, samples }) => {
    const lines = samples.map(({ suffix = "", labels = {}, value }) =>
      `${name}${suffix}${formatLabels(labels)} ${formatNumber(value)}\n`
    );
    return `# HELP ${name} ${escape(help)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
  }).join("");
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escape(value).replaceAll('"', '\\"')}"`
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function formatNumber(value: number): string {
  return String(value).replace("Infinity", "Inf").replace(/^Inf/, "+Inf");
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
