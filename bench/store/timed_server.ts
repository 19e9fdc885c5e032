/**
 * The server with its {@linkcode Pieces} timed. `REPORT_PORT` of 127.0.0.1 gives the
 * {@linkcode PieceSummaries} since the last request, as JSON.
 *
 * @module
 */

import { Pieces } from "./pieces.ts";

const pieces = new Pieces();
Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.env.get("REPORT_PORT")), onListen() {} },
  () => Response.json(pieces.take()),
);
await import("../../main.ts");
