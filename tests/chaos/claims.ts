/**
 * Claims of nodes about a client.
 *
 * @module
 */

import type { Entry } from "./record.ts";

/** Everything after `from` and up to `to` was given to the client, as a node says. */
export interface Claim {
  readonly from: string;
  readonly to: string;
  readonly node: number;
}

/**
 * The claims in a client's record, neighbours joined into one.
 *
 * A `complete` answer to `since` claims everything up to `head`, once what follows has come. Each
 * message claims that nothing is missing before it, unless a gap was announced.
 */
export class Claims {
  readonly list: Claim[] = [];
  /** The position that the client has reached. */
  end = "";
  #node = 0;
  /** Unknown after a gap, up to the next message. */
  #cursor: string | undefined;

  /** The claim that a position falls under. */
  find(position: string): Claim | undefined {
    if (position > this.end) return undefined;
    return this.list.find(({ from, to }) => from < position && position <= to);
  }

  /** Adds what an entry claims. */
  take(entry: Entry): void {
    switch (entry.kind) {
      case "connected":
        this.#node = entry.node;
        this.#cursor = undefined;
        return;
      case "joined": {
        const { since, complete, head, follow, states } = entry;
        this.#cursor = complete ? since : undefined;
        if (this.#cursor === undefined) return this.#reach(head);
        for (const { position } of states) this.#reach(position);
        if (follow === 0) this.#reach(head);
        return;
      }
      case "message":
        return this.#reach(entry.state.position);
      case "gap":
        this.#reach(entry.after);
        this.#cursor = undefined;
    }
  }

  #reach(to: string): void {
    const from = this.#cursor;
    if (to > this.end) this.end = to;
    if (from !== undefined && to <= from) return;
    this.#cursor = to;
    if (from === undefined) return;
    const node = this.#node;
    const last = this.list.at(-1);
    const isNeighbour = last?.to === from && last.node === node;
    if (isNeighbour) this.list.pop();
    this.list.push({ from: isNeighbour ? last.from : from, to, node });
  }
}
