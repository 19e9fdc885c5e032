/**
 * Metrics for Prometheus.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import type { Hub } from "../hub.ts";
import { formatMetrics, METRICS_TYPE } from "../metrics/exposition.ts";
import { collectMetrics } from "../metrics/metrics.ts";
import { SUBPROTOCOL } from "../protocol/types.ts";
import type { Timers } from "../runtime/timers.ts";
import { hasToken } from "./access.ts";
import { textResponse } from "./refusals.ts";

/** What the metrics need. */
export interface MetricsOptions extends Pick<Config, "metricsToken"> {
  readonly hub: Hub;
  /** How long the text is reused, in milliseconds. */
  readonly scrapeMs: number;
  readonly timers: Pick<Timers, "now">;
}

/** Makes the function that responds with the metrics to requests that have the token, if any. */
export function createMetricsResponder(
  { hub, metricsToken, scrapeMs, timers }: MetricsOptions,
): (request: Request) => Response {
  const scrape = cached(scrapeMs, timers, () => metricsText(hub));
  return ({ headers }) => {
    if (metricsToken !== "" && !hasToken(headers, metricsToken)) {
      return textResponse(401, "A bearer token is expected", { "www-authenticate": "Bearer" });
    }
    return new Response(scrape(), {
      headers: { "content-type": METRICS_TYPE, "cache-control": "no-store" },
    });
  };
}

function metricsText(hub: Hub): string {
  return formatMetrics(collectMetrics(hub.metrics, hub.gauges(), {
    versions: { version: project.version, deno: Deno.version.deno, protocol: SUBPROTOCOL },
    residentBytes: Deno.memoryUsage().rss,
    startedAt: performance.timeOrigin,
  }));
}

/** Makes a text, and reuses it for a time in milliseconds. */
function cached(ms: number, timers: Pick<Timers, "now">, make: () => string): () => string {
  let [text, madeAt] = ["", -Infinity];
  return () => {
    if (timers.now - madeAt >= ms) [text, madeAt] = [make(), timers.now];
    return text;
  };
}
