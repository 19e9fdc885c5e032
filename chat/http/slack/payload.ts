/**
 * Reader of request bodies in Slack's format for incoming webhooks.
 *
 * @module
 */

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The payload of a body, or the reason for which there is none. */
export type Payload =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly message: string };

/** Payloads have about six levels. 130,000 levels take JSON.parse() 400 ms. */
const MAX_DEPTH = 32;
/**
 * The most objects and lists of a payload: each costs memory, and of a body of 256 KiB there could be
 * 87,000. Slack takes 100 attachments.
 */
const MAX_CONTAINERS = 20_000;
/**
 * The most UTF-16 units of a text that are read: eight times the default length of a message, since
 * entities and links may become shorter. Hostile ones of 256 KiB would take eight times as long.
 */
const MAX_STRING = 32_768;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Parses a body: JSON, or a form whose field `payload` is JSON. The text itself tells which of them it
 * is, since `curl -d` calls JSON a form.
 */
export function parsePayload(body: string): Payload {
  const json = body.trimStart().startsWith("{") ? body : new URLSearchParams(body).get("payload");
  if (json === null) return refused('The body must be JSON, or a form with the field "payload"');
  const problem = problemOf(json);
  if (problem !== undefined) return refused(problem);
  try {
    const value: unknown = JSON.parse(json);
    if (isObject(value)) return { ok: true, value };
  } catch {
    return refused("The payload is not valid JSON");
  }
  return refused("The payload must be a JSON object");
}

/** The reason for which a JSON text is too costly to parse. Takes time linear in its length. */
function problemOf(json: string): string | undefined {
  let [depth, count] = [0, 0];
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) index = endOfString(json, index);
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return `The payload must have at most ${MAX_DEPTH} levels`;
      if (++count > MAX_CONTAINERS) {
        return `The payload must have at most ${MAX_CONTAINERS} objects and lists`;
      }
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--;
  }
  return undefined;
}

/** The index of the quote that ends a string; the length of the text if none does. */
function endOfString(json: string, start: number): number {
  for (let index = start + 1; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) return index;
    if (code === BACKSLASH) index++;
  }
  return json.length;
}

function refused(message: string): Payload {
  return { ok: false, message };
}

/** Returns true if a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; none if the value is no list. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A string, the beginning of a very long one, or a number as one; "" if the value is neither. */
export function stringOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  if (value.length <= MAX_STRING) return value;
  return `${value.slice(0, MAX_STRING).replace(/[\ud800-\udbff]$/, "")}…`;
}
