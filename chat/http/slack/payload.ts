/**
 * Reader of request bodies in Slack's format for incoming webhooks.
 *
 * @module
 */

import { isRecord, type JsonLimits, type JsonObject, parseObject } from "../../protocol/json.ts";

/** Payloads have about six levels, and Slack takes 100 attachments. */
const LIMITS: JsonLimits = { levels: 32, containers: 20_000 };
/**
 * The most UTF-16 units of a text that are read: eight times the default length of a message, since
 * entities and links may become shorter. Hostile ones of 256 KiB would take eight times as long.
 */
const MAX_STRING = 32_768;

/**
 * Parses a body: JSON, or a form whose field `payload` is JSON. The text itself tells which of them it
 * is, since `curl -d` calls JSON a form. Returns the payload, or what is wrong with the body.
 */
export function parsePayload(body: string): JsonObject | string {
  const json = body.trimStart().startsWith("{") ? body : new URLSearchParams(body).get("payload");
  if (json === null) return 'The body must be JSON, or a form with the field "payload"';
  const payload = parseObject(json, LIMITS);
  return typeof payload === "string" ? `The payload ${payload}` : payload;
}

/** The objects of a list; none if the value is no list. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** A string, the beginning of a very long one, or a number as one; "" if the value is neither. */
export function stringOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  if (value.length <= MAX_STRING) return value;
  return `${value.slice(0, MAX_STRING).replace(/[\ud800-\udbff]$/, "")}…`;
}
