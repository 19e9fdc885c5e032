import { assert } from "@std/assert";
import { readFolder } from "../../chat/http/assets.ts";

const files = new Map(
  readFolder(`${import.meta.dirname}/../../static`).map(([name, body]) =>
    [name, new TextDecoder().decode(body)] as const
  ),
);

Deno.test("index.html has no inline script or style", () => {
  assert(
    !/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/.test(files.get("index.html") ?? "<style"),
  );
});

Deno.test("no module makes markup from text", () => {
  for (const [name, source] of files) {
    if (!name.endsWith(".js")) continue;
    assert(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/.test(source), name);
  }
});
