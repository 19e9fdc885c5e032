/**
 * What the server counts and measures of itself, and the names under which it tells.
 *
 * @module
 */

import { counter, counterBy, gauge, Histogram, histogram, type Metric } from "./exposition.ts";
import { CloseCode, type CommandType, type ErrorCode } from "../protocol/types.ts";

/** In seconds: from a quiet room's flush to one that everybody notices. */
const FLUSH_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5];
const DELAY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * What has happened since the start. Fields are incremented in place; those by label have their
 * fixed sets of labels here, so that each is told from the first scrape on.
 */
export class Metrics {
  connectionsOpened = 0;
  messages = 0;
  duplicates = 0;
  deliveries = 0;
  gaps = 0;
  framesReceived = 0;
  framesSent = 0;
  /** Of the frames' payloads, as UTF-8. */
  receivedBytes = 0;
  sentBytes = 0;
  /** By type, those that were carried out: each of the others is an error. */
  readonly commands: Record<CommandType, number> = {
    hello: 0,
    join: 0,
    leave: 0,
    send: 0,
    rename: 0,
    typing: 0,
    history: 0,
    ping: 0,
  };
  readonly errors: Record<ErrorCode, number> = {
    bad_request: 0,
    not_welcome: 0,
    not_joined: 0,
    name_invalid: 0,
    name_taken: 0,
    room_invalid: 0,
    text_invalid: 0,
    rate_limited: 0,
    too_many_rooms: 0,
    room_full: 0,
    unavailable: 0,
    internal: 0,
  };
  /** Upgrades and other requests, by why they were refused. */
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
  /** Connections that are over, by the code of the server, or `client` if it did not close them. */
  readonly closes: Record<CloseCode | "client", number> = {
    [CloseCode.GOING_AWAY]: 0,
    [CloseCode.BINARY_FRAME]: 0,
    [CloseCode.FRAME_TOO_LARGE]: 0,
    [CloseCode.SLOW_CONSUMER]: 0,
    [CloseCode.HELLO_TIMEOUT]: 0,
    [CloseCode.INTERNAL_ERROR]: 0,
    [CloseCode.BAD_COMMANDS]: 0,
    [CloseCode.FLOODING]: 0,
    client: 0,
  };
  readonly flushSeconds = new Histogram(FLUSH_BOUNDS);
  readonly eventLoopDelaySeconds = new Histogram(DELAY_BOUNDS);
}

/** What there is at the moment. */
export interface Gauges {
  readonly connections: number;
  readonly sockets: number;
  readonly ghostSockets: number;
  readonly rooms: number;
  readonly users: number;
  readonly members: number;
  readonly messagesKept: number;
  readonly historyBytes: number;
  readonly queuedBytes: number;
  readonly waitingConnections: number;
  readonly waitingCursors: number;
  readonly receipts: number;
  readonly receiptBytes: number;
  readonly messageBudgets: number;
  readonly addresses: number;
  readonly draining: boolean;
}

/** What is known of the process. */
export interface Runtime {
  /** Of the software and of what it speaks. */
  readonly versions: Readonly<Record<"version" | "deno" | "protocol", string>>;
  readonly residentBytes: number;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
}

/** Everything that is told at a scrape. */
export function collectMetrics(metrics: Metrics, gauges: Gauges, runtime: Runtime): Metric[] {
  return [
    gauge("parley_build_info", "What is running; always 1", 1, runtime.versions),
    gauge("process_resident_memory_bytes", "Memory in RAM", runtime.residentBytes),
    gauge("process_start_time_seconds", "Start, in Unix time", runtime.startedAt / 1000),
    gauge("parley_draining", "Whether the server is going away: 0 or 1", Number(gauges.draining)),
    gauge("parley_connections", "Connections", gauges.connections),
    gauge(
      "parley_sockets",
      "Sockets of connections, and of those that were closed and stay",
      gauges.sockets,
    ),
    gauge(
      "parley_ghost_sockets",
      "Sockets that never opened, of which the runtime may keep the descriptor until it ends",
      gauges.ghostSockets,
    ),
    gauge("parley_users", "Users with a connection or in a room", gauges.users),
    gauge("parley_rooms", "Rooms in memory", gauges.rooms),
    gauge("parley_members", "Users of each room, added up", gauges.members),
    gauge("parley_messages_kept", "Messages in the logs of all rooms", gauges.messagesKept),
    gauge(
      "parley_history_bytes",
      "Memory of the messages in the logs of all rooms, about",
      gauges.historyBytes,
    ),
    gauge("parley_queued_bytes", "Bytes that clients have yet to take", gauges.queuedBytes),
    gauge(
      "parley_waiting_connections",
      "Connections that have too much queued to get more",
      gauges.waitingConnections,
    ),
    gauge(
      "parley_waiting_cursors",
      "Places in rooms from which a connection is still to be caught up",
      gauges.waitingCursors,
    ),
    gauge("parley_receipts", "Receipts by which repeated messages are known", gauges.receipts),
    gauge("parley_receipt_bytes", "Memory of the receipts, about", gauges.receiptBytes),
    gauge("parley_message_budgets", "Users who sent something lately", gauges.messageBudgets),
    gauge(
      "parley_addresses",
      "Addresses with a connection, or of which something is remembered",
      gauges.addresses,
    ),
    counter("parley_connections_opened_total", "Connections made", metrics.connectionsOpened),
    counterBy(
      "code",
      "parley_closes_total",
      'Connections ended by the server, by close code, and by "client" or network',
      metrics.closes,
    ),
    counter(
      "parley_evictions_total",
      "Connections closed with 4000, since they read too slowly",
      metrics.closes[CloseCode.SLOW_CONSUMER],
    ),
    counterBy("reason", "parley_refusals_total", "Requests refused", metrics.refusals),
    counter("parley_frames_received_total", "Frames that clients sent", metrics.framesReceived),
    counter(
      "parley_received_bytes_total",
      "Bytes in frames that clients sent",
      metrics.receivedBytes,
    ),
    counter("parley_frames_sent_total", "Frames given to sockets", metrics.framesSent),
    counter("parley_sent_bytes_total", "Bytes in frames given to sockets", metrics.sentBytes),
    counterBy("type", "parley_commands_total", "Commands carried out", metrics.commands),
    counterBy("code", "parley_errors_total", "Commands refused, by error", metrics.errors),
    counter("parley_messages_total", "Messages accepted by this server", metrics.messages),
    counter(
      "parley_duplicates_total",
      "Messages sent again, and acknowledged as duplicates",
      metrics.duplicates,
    ),
    counter(
      "parley_deliveries_total",
      "Messages given to members, live or catching up: messages times recipients",
      metrics.deliveries,
    ),
    counter("parley_gaps_total", "Gaps that slow clients were told of", metrics.gaps),
    histogram(
      "parley_flush_duration_seconds",
      "Time that a turn of the event loop spent on deliveries",
      metrics.flushSeconds,
    ),
    histogram(
      "parley_event_loop_delay_seconds",
      "How late a timer of 100 ms came",
      metrics.eventLoopDelaySeconds,
    ),
  ];
}
