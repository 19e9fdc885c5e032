import { assertEquals } from "@std/assert";
import { userIdOf } from "../../chat/commands/user_id.ts";

Deno.test("userIdOf() is the start of the base32 of the key's SHA-256", () => {
  // By Python: b32encode(sha256(key.encode()).digest()).lower()[:16]
  const table: [key: string, id: string][] = [
    ["0123456789abcdef", "t6pvcepxwj5hqhy7"],
    ["correct horse battery staple", "ys54wh56zgowlp2z"],
    ["ключ-от-квартиры", "x3lmkswcwkgh5qce"],
    ["🔑🔑🔑🔑🔑🔑🔑🔑", "q4bmls2rdv5bryrf"],
    ["k".repeat(128), "nhgtitja73qec6ng"],
    // A lone surrogate has the UTF-8 bytes of U+FFFD.
    ["\ud800".repeat(16), "b2b7u5omuu757hyb"],
  ];
  for (const [key, id] of table) assertEquals(userIdOf(key), id);
});
