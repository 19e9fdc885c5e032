/**
 * Clients that come back all at once: each joins its room with the position up to which it has
 * everything, as a {@linkcode Returns} says.
 *
 * @module
 */

import { LoadClient } from "../../tests/support/load_client.ts";
import { textFrame } from "../../tests/support/frames.ts";
import { Histogram } from "../support/histogram.ts";
import { work } from "../support/processes.ts";
import { Stopwatch } from "../support/stopwatch.ts";

/** The server, and a file with an {@linkcode Absence} of each client as JSON. */
export interface Returns {
  readonly port: number;
  readonly file: string;
}

/** What a client has missed. */
export interface Absence {
  readonly room: string;
  readonly since: string;
  /** The ids of messages after `since`: how many, the first and the last. */
  readonly missed: number;
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/** What came of it. */
export interface ReturnFigures {
  /** Until a client, and all of them, had joined. */
  readonly p50Ms: number;
  readonly allMs: number;
  /** Until everything that they were promised had come. */
  readonly caughtUpMs: number;
  /** Clients that were told `complete: true`, and of these those that did not get all they missed. */
  readonly complete: number;
  readonly falselyComplete: number;
}

interface Message {
  readonly type: "message";
  readonly id: string;
}

interface Joined {
  readonly type: "joined";
  readonly complete: boolean;
  readonly messages: readonly Pick<Message, "id">[];
}

// As the server's clients do that measure: it is for comparing ids only.
const latin1 = new TextDecoder("latin1");

await work(async ({ port, file }: Returns): Promise<ReturnFigures> => {
  const absences: readonly Absence[] = JSON.parse(await Deno.readTextFile(file));
  const stopwatch = new Stopwatch();
  const times = new Histogram();
  let allMs = 0;
  const frames = await Promise.all(
    absences.map((absence, i) =>
      comeBack(port, `user ${i}`, absence, () => {
        allMs = stopwatch.ms;
        times.add(allMs);
      })
    ),
  );
  const caughtUpMs = stopwatch.ms;
  const answers = frames.map(read);
  const complete = answers.filter((answer) => answer.complete).length;
  const falselyComplete = answers.filter(({ complete, ids }, i) => {
    const absence = absences[i];
    return complete && !(absence && hasAll(absence, ids));
  }).length;
  return { p50Ms: times.quantile(0.5), allMs, caughtUpMs, complete, falselyComplete };
});

/** Joins a room. Returns the frames from `joined` on, to the last message that it was promised. */
async function comeBack(
  port: number,
  name: string,
  { room, since }: Absence,
  joined: () => void,
): Promise<string[]> {
  const client = await LoadClient.open({ port });
  await client.ask(JSON.stringify({ type: "hello", name }), '"type":"welcome"');
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const frames: string[] = [];
  let frame = "";
  let follow = Infinity;
  client.onEnd = reject;
  client.reader = (bytes, from, to, last) => {
    frame += latin1.decode(bytes.subarray(from, to));
    if (!last) return to;
    if (frame.includes('"type":"error"')) reject(new Error(frame));
    if (frame.includes('"type":"joined"')) {
      joined();
      follow = Number(/"follow":(\d+)/.exec(frame)?.[1]);
    }
    if (follow < Infinity) {
      follow -= frame.split('"type":"message"').length - 1;
      frames.push(frame);
    }
    frame = "";
    if (follow <= 0) resolve(frames);
    return to;
  };
  client.write(textFrame(JSON.stringify({ type: "join", room, since })));
  return await promise;
}

/** What a client was told: whether that is all it missed, and the ids of the messages. */
function read(frames: readonly string[]): { readonly complete: boolean; readonly ids: string[] } {
  const events: readonly (Joined | Message)[] = frames.flatMap((frame) => JSON.parse(frame));
  const joined = events.find((event) => event.type === "joined");
  if (joined === undefined) throw new TypeError("There is no joined event");
  const following = events.filter((event) => event.type === "message");
  return { complete: joined.complete, ids: [...joined.messages, ...following].map(({ id }) => id) };
}

function hasAll({ missed, first, last }: Absence, ids: readonly string[]): boolean {
  const inOrder = ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? ""));
  return inOrder && ids.length === missed && ids[0] === first && ids.at(-1) === last;
}
