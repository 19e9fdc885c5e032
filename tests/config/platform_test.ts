import { assertEquals } from "@std/assert";
import { defaultMemoryMb, type Platform } from "../../chat/config/config.ts";

const MIB = 1_048_576;

Deno.test("defaultMemoryMb() is half of a cgroup's limit, if that is less than 1024", () => {
  const table: [Platform, expected: number][] = [
    [{}, 1024],
    [{ cgroupBytes: Infinity }, 1024],
    // Version 1 of the kernel's cgroups has this for no limit.
    [{ cgroupBytes: 9_223_372_036_854_771_712 }, 1024],
    [{ cgroupBytes: 4096 * MIB }, 1024],
    [{ cgroupBytes: 2048 * MIB }, 1024],
    [{ cgroupBytes: 2047 * MIB }, 1023],
    [{ cgroupBytes: 512 * MIB }, 256],
    [{ cgroupBytes: 512 * MIB + 1 }, 256],
    [{ cgroupBytes: 4096 }, 1],
  ];
  for (const [platform, expected] of table) {
    assertEquals(defaultMemoryMb(platform), expected, JSON.stringify(platform));
  }
});

Deno.test("defaultMemoryMb() is 200 on Deno Deploy, or half of a smaller cgroup's limit", () => {
  const table: [cgroupBytes: number, expected: number][] = [
    [Infinity, 200],
    [768 * MIB, 200],
    [256 * MIB, 128],
  ];
  for (const [cgroupBytes, expected] of table) {
    assertEquals(defaultMemoryMb({ isDenoDeploy: true, cgroupBytes }), expected);
  }
});
