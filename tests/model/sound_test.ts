import { assertEquals } from "@std/assert";
import { BOB, message, online, type Page, YOU } from "./page_driver.ts";

const sounds = (page: Page): number =>
  page.effects.splice(0).filter(({ type }) => type === "sound").length;

const elsewhere = (page: Page): Page => page.does({ type: "visibility_changed", visible: false });

const choosing = (sound: "off" | "mentions" | "all"): Page =>
  online().does({ type: "sound_chosen", sound });

Deno.test("reduce() makes a sound for the messages that the user has chosen", () => {
  const heard = (sound: "off" | "mentions" | "all", text: string): number =>
    sounds(elsewhere(choosing(sound)).says(1, text));
  assertEquals([heard("off", "a"), heard("off", "@Ada")], [0, 0]);
  assertEquals([heard("mentions", "a"), heard("mentions", "@Ada")], [0, 1]);
  assertEquals([heard("all", "a"), heard("all", "@Ada")], [1, 1]);
});

Deno.test("reduce() makes no sound for a message that the user sees, and one for others", () => {
  const page = choosing("all").does({ type: "scrolled", atBottom: true });
  assertEquals(sounds(page.says(1)), 0);
  page.does({ type: "scrolled", atBottom: false });
  assertEquals(sounds(page.says(2)), 1);
  page.does({ type: "scrolled", atBottom: true }).waits(1000);
  page.does({ type: "room_opened", room: "garden" }).joined({ room: "garden" });
  assertEquals(sounds(page.says(3)), 1);
});

Deno.test("reduce() makes one sound a second at most", () => {
  const page = elsewhere(choosing("all"));
  assertEquals(sounds(page.says(1).says(2).says(3)), 1);
  page.now += 999;
  assertEquals(sounds(page.says(4)), 0);
  page.now += 1;
  assertEquals(sounds(page.says(5)), 1);
});

Deno.test("reduce() makes no sound for what is muted, ignored, changed, or the user's own", () => {
  const quiet = (act: (page: Page) => void): number => {
    const page = elsewhere(choosing("all"));
    act(page);
    return sounds(page);
  };
  assertEquals(quiet((page) => page.says(1, "mine", "lobby", YOU)), 0);
  assertEquals(
    quiet((page) => page.does({ type: "room_muted", room: "lobby", muted: true }).says(1, "@Ada")),
    0,
  );
  assertEquals(
    quiet((page) => page.does({ type: "user_ignored", user: BOB, ignored: true }).says(1, "@Ada")),
    0,
  );
  const changed = { ...message(1), changed: message(3).id };
  assertEquals(
    quiet((page) => {
      page.says(1);
      page.effects = [];
      page.waits(2000).hears({ type: "message", room: "lobby", ...changed });
    }),
    0,
  );
});

Deno.test("reduce() stores the choice of the sound, and takes over another tab's", () => {
  const page = choosing("all");
  assertEquals(page.stored("sound"), "all");
  page.does({ type: "stored_elsewhere", key: "sound", value: "mentions" });
  assertEquals(page.state.sound, "mentions");
  page.does({ type: "stored_elsewhere", key: "sound", value: "loud" });
  assertEquals(page.state.sound, "mentions");
});
