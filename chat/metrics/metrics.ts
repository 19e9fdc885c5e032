/**
 * The metrics of the server, with their names and help texts.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { CloseCode, COMMAND_TYPES, ERROR_CODES } from "../protocol/types.ts";
import { counter, counterBy, gauge, Histogram, histogram, type Metric } from "./exposition.ts";

/** Bounds in seconds: from the flush of a quiet room to a delay that everyone notices. */
const FLUSH_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5];
const DELAY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * Counters and histograms since the start, incremented in place. Counters by label list all labels,
 * so that each has a value from the first scrape on.
 */
export class Metrics {
  connectionsOpened = 0;
  messages = 0;
  duplicates = 0;
  /** Changes of messages, by the command that made them. */
  readonly changes = { edit: 0, delete: 0, react: 0 };
  /** Passwords and tokens that were wrong, by what asked for them. */
  readonly wrong = { room: 0, server: 0, token: 0 };
  /** Acts of moderators and admins against users, those that end one included. */
  readonly moderation = { kick: 0, mute: 0, ban: 0 };
  deliveries = 0;
  gaps = 0;
  framesReceived = 0;
  framesSent = 0;
  /** Bytes of the payloads of frames. */
  receivedBytes = 0;
  sentBytes = 0;
  /** Commands that were carried out, by type. Each of the others is an error. */
  readonly commands = zeros(COMMAND_TYPES);
  /** Commands that were refused. */
  readonly errors = zeros(ERROR_CODES);
  /** Upgrades and other requests that were refused, by reason. */
  readonly refusals = {
    headers_too_large: 0,
    target_too_long: 0,
    bad_host: 0,
    other_host: 0,
    too_many_requests: 0,
    not_websocket: 0,
    bad_request: 0,
    origin: 0,
    gone: 0,
    draining: 0,
    memory: 0,
    full: 0,
    too_many_from_address: 0,
    too_fast_from_address: 0,
    kept_out: 0,
  };
  /**
   * Connections that ended, by close code; `client` if the server did not close them, `expelled` those
   * of event streams whose users may not read the room any more.
   */
  readonly closes = zeros([...Object.values(CloseCode), "client", "expelled"]);
  readonly flushSeconds = new Histogram(FLUSH_BOUNDS);
  readonly eventLoopDelaySeconds = new Histogram(DELAY_BOUNDS);
  /** The frame that was sent last, and its bytes as UTF-8. */
  #lastFrame = "";
  #lastBytes = 0;

  addSent(frame: string): void {
    // Connections are sent the same frame one after the other: it is measured once.
    if (frame !== this.#lastFrame) {
      this.#lastFrame = frame;
      this.#lastBytes = Buffer.byteLength(frame);
    }
    this.framesSent++;
    this.sentBytes += this.#lastBytes;
  }
}

/** A counter for each value of a label. */
function zeros<Value extends PropertyKey>(values: readonly Value[]): Record<Value, number> {
  // By definition: a field for each value.
  return Object.fromEntries(values.map((value) => [value, 0])) as Record<Value, number>;
}

/** The gauges: the field in the program, the name without its prefix, and the help text. */
// deno-fmt-ignore: one row a line
const GAUGES = [
  ["draining", "draining", "Whether the server is going away: 0 or 1"],
  ["connections", "connections", "Connections"],
  ["sockets", "sockets", "Sockets of connections, and of those that were closed and stay"],
  ["abandonedSockets", "ghost_sockets",
    "Sockets that never opened, of which the runtime may keep the descriptor until it ends"],
  ["instances", "instances", "Instances that share the rooms and are heard of, with this one"],
  ["users", "users", "Users with a connection or in a room"],
  ["rooms", "rooms", "Rooms in memory"],
  ["members", "members", "Users of each room, added up"],
  ["messagesKept", "messages_kept", "Messages in the logs of all rooms"],
  ["historyBytes", "history_bytes", "Memory of the messages in the logs of all rooms, about"],
  ["queuedBytes", "queued_bytes", "Bytes that clients have yet to take"],
  ["waitingConnections", "waiting_connections",
    "Connections that have too much queued to get more"],
  ["waitingCursors", "waiting_cursors",
    "Places in rooms from which a connection is still to be caught up"],
  ["receipts", "receipts", "Receipts by which repeated messages are known"],
  ["receiptBytes", "receipt_bytes", "Memory of the receipts, about"],
  ["messageBudgets", "message_budgets", "Users who sent something lately"],
  ["addresses", "addresses", "Addresses with a connection, or of which something is remembered"],
] as const;

/** The value of each gauge at the moment. */
export type Gauges = Readonly<Record<(typeof GAUGES)[number][0], number>>;

/** All metrics for a scrape. */
export function collectMetrics(
  metrics: Metrics,
  gauges: Gauges,
  { versions, residentBytes, startedAt }: {
    /** The versions of the program, of the runtime and of the protocol. */
    readonly versions: Readonly<Record<"version" | "deno" | "protocol", string>>;
    readonly residentBytes: number;
    /** Milliseconds since 1970. */
    readonly startedAt: number;
  },
): Metric[] {
  return [
    gauge("process_resident_memory_bytes", "Memory in RAM", residentBytes),
    gauge("process_start_time_seconds", "Start, in Unix time", startedAt / 1000),
    ...[
      gauge("build_info", "What is running; always 1", 1, versions),
      ...GAUGES.map(([field, name, help]) => gauge(name, help, gauges[field])),
      ...collectCounters(metrics),
    ].map((metric) => ({ ...metric, name: `parley_${metric.name}` })),
  ];
}

function collectCounters(metrics: Metrics): Metric[] {
  const { closes } = metrics;
  const closesHelp = 'Connections ended by the server, by close code, and by "client" or network';
  return [
    counter("connections_opened_total", "Connections made", metrics.connectionsOpened),
    counterBy("code", "closes_total", closesHelp, closes),
    counter(
      "evictions_total",
      "Connections closed with 4000, since they read too slowly",
      closes[CloseCode.SLOW_CONSUMER],
    ),
    counterBy("reason", "refusals_total", "Requests refused", metrics.refusals),
    counter("frames_received_total", "Frames that clients sent", metrics.framesReceived),
    counter("received_bytes_total", "Bytes in frames that clients sent", metrics.receivedBytes),
    counter("frames_sent_total", "Frames given to sockets", metrics.framesSent),
    counter("sent_bytes_total", "Bytes in frames given to sockets", metrics.sentBytes),
    counterBy("type", "commands_total", "Commands carried out", metrics.commands),
    counterBy("code", "errors_total", "Commands refused, by error", metrics.errors),
    counter("messages_total", "Messages accepted by this server", metrics.messages),
    counterBy(
      "type",
      "changes_total",
      "Messages changed by this server, by command",
      metrics.changes,
    ),
    counterBy(
      "of",
      "wrong_passwords_total",
      "Wrong passwords of rooms and of the server, and wrong tokens",
      metrics.wrong,
    ),
    counterBy("act", "moderation_total", "Users kicked, muted and banned", metrics.moderation),
    counter(
      "duplicates_total",
      "Commands sent again, and acknowledged as duplicates",
      metrics.duplicates,
    ),
    counter(
      "deliveries_total",
      "Messages given to members, live or catching up: messages times recipients",
      metrics.deliveries,
    ),
    counter("gaps_total", "Gaps that slow clients were told of", metrics.gaps),
    histogram(
      "flush_duration_seconds",
      "Time that a turn of the event loop spent on deliveries",
      metrics.flushSeconds,
    ),
    histogram(
      "event_loop_delay_seconds",
      "How late a timer of 100 ms came",
      metrics.eventLoopDelaySeconds,
    ),
  ];
}
