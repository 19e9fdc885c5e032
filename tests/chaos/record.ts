/**
 * Everything that is known after a run of clients through faults: the records of the clients, the
 * logs that the nodes give at the end, and the members that they count.
 *
 * @module
 */

/** A state of a message. */
export interface State {
  readonly id: string;
  readonly position: string;
  /** The id of its author. */
  readonly user: string;
  /** Its first word names the author and the `ref` with which it was sent. */
  readonly text: string;
}

/** Events of a client and of its server, in this order. */
export type Entry =
  /** It has another connection. */
  | { readonly kind: "connected"; readonly node: number }
  /** It sent a message, or an edit of the message `id`, for the first time. */
  | { readonly kind: "sent"; readonly ref: string; readonly text: string; readonly id?: string }
  | { readonly kind: "acked"; readonly ref: string; readonly id: string; readonly position: string }
  | {
    readonly kind: "joined";
    readonly since: string | undefined;
    readonly complete: boolean;
    readonly head: string;
    /** The number of states that follow at most before the client has all up to `head`. */
    readonly follow: number;
    readonly states: readonly State[];
  }
  | { readonly kind: "message"; readonly state: State }
  | { readonly kind: "gap"; readonly after: string; readonly before: string }
  /** An error that no fault of a machine explains. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** The record of one client. */
export interface ClientRecord {
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** A room as a node shows it at the end. */
export interface NodeView {
  readonly node: number;
  /** All messages by rising position, as `history` gives them. */
  readonly log: readonly State[];
  readonly members: readonly string[];
  readonly count: number;
}

/** All that a verdict depends on. */
export interface Truth {
  readonly clients: readonly ClientRecord[];
  readonly nodes: readonly NodeView[];
  /** The names of those who are in the room at the end. */
  readonly present: readonly string[];
}
