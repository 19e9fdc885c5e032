/**
 * A strict parser of the text format of `/metrics`, independent of the server's code.
 *
 * @module
 */

import { request } from "./tcp_connection.ts";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"`;
const VALUE = "[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|NaN";

const HELP_LINE = new RegExp(`^# HELP (${NAME}) (\\S.*)$`);
const TYPE_LINE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const SAMPLE_LINE = new RegExp(`^((${NAME})(?:\\{${LABEL}(?:,${LABEL})*\\})?) (${VALUE})$`);

/** A metric, from its comments. */
export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
}

/** The values of one scrape. */
export class Scrape {
  readonly metrics: readonly Described[];
  readonly #values = new Map<string, number>();

  /** @throws {SyntaxError} with the line that violates the format */
  constructor(text: string) {
    const metrics: Described[] = [];
    if (!text.endsWith("\n")) throw new SyntaxError("The last line does not end with a line feed");
    const lines = text.slice(0, -1).split("\n").values();
    for (const line of lines) {
      const [, name = "", help = ""] = HELP_LINE.exec(line) ?? [];
      if (name !== "") {
        const typeLine = lines.next().value ?? "";
        const [, typed, type = ""] = TYPE_LINE.exec(typeLine) ?? [];
        const isKnown = metrics.some((metric) => metric.name === name);
        if (typed !== name || isKnown) throw new SyntaxError(`${line}\n${typeLine}`);
        metrics.push({ name, help, type });
        continue;
      }
      const [, series = "", base = "", value = ""] = SAMPLE_LINE.exec(line) ?? [];
      const metric = metrics.at(-1);
      const owner = metric?.type === "histogram" ? base.replace(/_(bucket|sum|count)$/, "") : base;
      if (owner === "" || owner !== metric?.name || this.#values.has(series)) {
        throw new SyntaxError(line);
      }
      this.#values.set(series, Number(value.replace("Inf", "Infinity")));
    }
    this.metrics = metrics;
  }

  /** The names of all series, with their labels. */
  get series(): string[] {
    return [...this.#values.keys()];
  }

  /** The value of a series, or the sum of all series with a name. */
  get(series: string): number {
    const values = [...this.#values].filter(([each]) =>
      each === series || each.startsWith(`${series}{`)
    ).map(([, value]) => value);
    if (values.length === 0) throw new RangeError(`There is no series ${series}`);
    return values.reduce((sum, value) => sum + value);
  }
}

/** Scrapes a server. */
export async function scrape(port: number): Promise<Scrape> {
  const { body } = await request(port, "GET", "/metrics");
  return new Scrape(new TextDecoder().decode(body));
}
