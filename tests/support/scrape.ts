/**
 * What `/metrics` tells, read as strictly as the text format has it, by none of the server's code.
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

/** A metric, as its comments tell of it. */
export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
}

/** All figures of one scrape. */
export class Scrape {
  readonly metrics: readonly Described[];
  readonly #figures = new Map<string, number>();

  /** @throws {SyntaxError} naming the line that the format does not allow where it stands */
  constructor(text: string) {
    const metrics: Described[] = [];
    if (!text.endsWith("\n")) throw new SyntaxError("The last line has no end");
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
      if (owner === "" || owner !== metric?.name || this.#figures.has(series)) {
        throw new SyntaxError(line);
      }
      this.#figures.set(series, Number(value.replace("Inf", "Infinity")));
    }
    this.metrics = metrics;
  }

  /** Every series, with its labels as they were told. */
  get series(): string[] {
    return [...this.#figures.keys()];
  }

  /** The value of a series, or of all series of a name together. */
  get(series: string): number {
    const values = [...this.#figures].filter(([each]) =>
      each === series || each.startsWith(`${series}{`)
    ).map(([, value]) => value);
    if (values.length === 0) throw new RangeError(`Nothing is told of ${series}`);
    return values.reduce((sum, value) => sum + value);
  }
}

/** What a server tells now. */
export async function scrape(port: number): Promise<Scrape> {
  const { body } = await request(port, "GET", "/metrics");
  return new Scrape(new TextDecoder().decode(body));
}
