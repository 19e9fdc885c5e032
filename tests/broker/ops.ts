import type {
  Broker,
  DocumentOp,
  Message,
  NoteOp,
  Op,
  Outcome,
  PutOp,
  Receipt,
  SendOp,
} from "../../chat/broker/broker.ts";

let refs = 0;

/** A ref that no other op of this process has. */
export const nextRef = (): string => `ref ${++refs}`;

export function bodyOf(text: string): string {
  return JSON.stringify({ user: { id: "adaadaadaadaadaa", name: "Ada" }, text });
}

export function send(text: string, over: Partial<SendOp> = {}): SendOp {
  return { op: "send", room: "lobby", user: "ada", ref: nextRef(), body: bodyOf(text), ...over };
}

export function put(
  message: Message | Receipt | undefined,
  text: string,
  over: Partial<PutOp> = {},
): PutOp {
  if (message === undefined) throw new TypeError("No message to put");
  const { id, position: was } = message;
  return { ...send(text), op: "put", id, was, ...over };
}

export function noteOp({ id, position: was }: Receipt, over: Partial<NoteOp> = {}): NoteOp {
  return { op: "note", room: "lobby", user: "ada", ref: nextRef(), id, was, ...over };
}

export function documentOp(key: string, was: string, body: unknown, room = ""): DocumentOp {
  return { op: "document", room, user: "ada", ref: "", key, was, body: JSON.stringify(body) };
}

/** Publishes, where every op must be kept. */
export async function keep<Ops extends readonly Op[]>(
  broker: Broker,
  ...ops: Ops
): Promise<{ [I in keyof Ops]: Receipt }> {
  const outcomes = await broker.publish(ops);
  return outcomes.map(receiptOf) as { [I in keyof Ops]: Receipt };
}

/** The receipt in an outcome that has one. */
export function receiptOf(outcome: Outcome | undefined): Receipt {
  if (outcome === undefined || !("position" in outcome)) {
    throw new Error(`Not kept: ${outcome?.as}`);
  }
  const { room, id, position } = outcome;
  return { room, id, position };
}

export async function keepOne(broker: Broker, op: Op): Promise<Receipt> {
  return receiptOf((await broker.publish([op]))[0]);
}

export const textOf = ({ body }: Message): string => JSON.parse(body).text;

/** The texts of messages, in their order. */
export const textsOf = ({ messages }: { messages: readonly Message[] }): string[] =>
  messages.map(textOf);
