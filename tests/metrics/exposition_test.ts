import { assertEquals, assertThrows } from "@std/assert";
import {
  counter,
  counterBy,
  formatMetrics,
  gauge,
  Histogram,
  histogram,
  type Metric,
} from "../../chat/metrics/exposition.ts";
import { Scrape } from "../support/scrape.ts";

/** The samples alone. */
function samplesOf(metric: Metric): string[] {
  return formatMetrics([metric]).trimEnd().split("\n").filter((line) => !line.startsWith("#"));
}

function distribution(bounds: readonly number[], values: readonly number[]): string[] {
  const distribution = new Histogram(bounds);
  for (const value of values) distribution.observe(value);
  return samplesOf(histogram("h", "Help", distribution));
}

Deno.test("formatMetrics() writes help, type and value of each metric, in their order", () => {
  const text = formatMetrics([
    counter("said_total", "What was said", 2),
    gauge("heard", "What is heard", 0.5),
    counterBy("why", "refused_total", "What was refused", { late: 1, loud: 0 }),
  ]);
  assertEquals(
    text,
    "# HELP said_total What was said\n# TYPE said_total counter\nsaid_total 2\n" +
      "# HELP heard What is heard\n# TYPE heard gauge\nheard 0.5\n" +
      "# HELP refused_total What was refused\n# TYPE refused_total counter\n" +
      'refused_total{why="late"} 1\nrefused_total{why="loud"} 0\n',
  );
});

Deno.test("formatMetrics() of no metrics is empty", () => {
  assertEquals(formatMetrics([]), "");
});

Deno.test("formatMetrics() escapes backslashes, line ends and quotes in values of labels", () => {
  const metric = gauge("g", "Help", 1, { path: 'C:\\dir "a"\nb', other: "é€🙂" });
  assertEquals(samplesOf(metric), ['g{path="C:\\\\dir \\"a\\"\\nb",other="é€🙂"} 1']);
});

Deno.test("formatMetrics() escapes backslashes and line ends in help, and leaves quotes", () => {
  const [help] = formatMetrics([gauge("g", 'a\\b\n"c"', 1)]).split("\n# TYPE");
  assertEquals(help, '# HELP g a\\\\b\\n"c"');
});

for (
  const [value, written] of [
    [0, "0"],
    [-1.5, "-1.5"],
    [9_007_199_254_740_991, "9007199254740991"],
    [1e21, "1e+21"],
    [1e-7, "1e-7"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [NaN, "NaN"],
  ] as const
) {
  Deno.test(`formatMetrics() writes ${value} as ${written}`, () => {
    assertEquals(samplesOf(gauge("g", "Help", value)), [`g ${written}`]);
  });
}

Deno.test("Histogram.observe() counts a value in every bucket whose bound is not less", () => {
  assertEquals(distribution([0.1, 1], [0.05, 0.1, 0.5, 1, 1.5, 64]), [
    'h_bucket{le="0.1"} 2',
    'h_bucket{le="1"} 4',
    'h_bucket{le="+Inf"} 6',
    "h_sum 67.15",
    "h_count 6",
  ]);
});

Deno.test("Histogram.samples has all buckets before the first value", () => {
  assertEquals(distribution([1], []), [
    'h_bucket{le="1"} 0',
    'h_bucket{le="+Inf"} 0',
    "h_sum 0",
    "h_count 0",
  ]);
});

Deno.test("Scrape reads what formatMetrics() writes", () => {
  const scrape = new Scrape(formatMetrics([
    gauge("g", "a\\b\nc", -Infinity, { path: 'C:\\"a"\n' }),
    counterBy("code", "c_total", "Help", { 1: 2, two: 1e-7 }),
    histogram("h", "Help", new Histogram([1])),
  ]));
  assertEquals(scrape.get("g"), -Infinity);
  assertEquals(scrape.get('c_total{code="1"}'), 2);
  assertEquals(scrape.get("h_count"), 0);
  assertEquals(scrape.metrics.map(({ type }) => type), ["gauge", "counter", "histogram"]);
});

Deno.test("Scrape throws at text that the format does not allow", () => {
  const head = "# HELP g Help\n# TYPE g gauge\n";
  const texts = [
    `${head}g 1`,
    "g 1\n",
    `${head}h 1\n`,
    `${head}g 1\ng 2\n`,
    `${head}${head}g 1\n`,
    "# TYPE g gauge\n# HELP g Help\ng 1\n",
    "# HELP g Help\ng 1\n",
    `${head}g{a="\n"} 1\n`,
    `${head}g{a="\\x"} 1\n`,
    `${head}g one\n`,
    `${head}g_count 1\n`,
    `${head}\n`,
  ];
  for (const text of texts) assertThrows(() => new Scrape(text), SyntaxError, "", text);
});
