import { assertEquals } from "@std/assert";
import { clientAddress } from "../../chat/http/access.ts";

const NO_TRUST = { trustProxy: 0 };
const PEER = "192.0.2.1";

/** The address that limits count for a peer without a proxy. */
const addressOf = (peer: string): string => clientAddress(new Headers(), peer, NO_TRUST);

Deno.test("clientAddress() keeps an IPv4 address", () => {
  for (const address of ["192.0.2.1", "127.0.0.1", "10.0.0.255"]) {
    assertEquals(addressOf(address), address);
  }
});

Deno.test("clientAddress() is the same for all of an IPv6 network of 64 bits", () => {
  const table: [address: string, other: string, same: boolean][] = [
    ["2001:db8::1", "2001:db8::2", true],
    ["2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true],
    ["2001:db8::1", "2001:0DB8:0000:0000:0000:0000:0000:0001", true],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:3:3:4:5:6", false],
    ["2001:db8::1", "2001:db8:0:1::1", false],
    ["2001:db8::1", "2001:db9::1", false],
    ["::1", "::2", true],
    ["::1", "0:0:0:1::1", false],
    ["1::", "::1", false],
    ["fe80::1%eth0", "fe80::1%eth1", true],
    ["fe80::1%eth0", "fe80::2", true],
    ["::1", "127.0.0.1", false],
  ];
  for (const [address, other, same] of table) {
    assertEquals(addressOf(address) === addressOf(other), same, `${address} and ${other}`);
  }
});

Deno.test("clientAddress() writes an IPv6 address as a network", () => {
  assertEquals(addressOf("2001:DB8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assertEquals(addressOf("2001:db8::1"), "2001:db8:0:0::/64");
});

Deno.test("clientAddress() converts an IPv4-mapped address to the IPv4 address", () => {
  assertEquals(addressOf("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(addressOf("::FFFF:192.0.2.1"), "192.0.2.1");
});

Deno.test("clientAddress() converts an IPv4-mapped address in hexadecimal too", () => {
  for (const address of ["::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1"]) {
    assertEquals(addressOf(address), "192.0.2.1", address);
  }
});

Deno.test("clientAddress() believes as many forwarded hops as there are trusted proxies", () => {
  const table: [forwarded: string, trustProxy: number, address: string][] = [
    ["198.51.100.7", 0, PEER],
    ["198.51.100.7", 1, "198.51.100.7"],
    ["198.51.100.7, 10.0.0.1", 1, "10.0.0.1"],
    ["198.51.100.7, 10.0.0.1", 2, "198.51.100.7"],
    // What the client claims stands before what the outermost proxy saw.
    ["203.0.113.9, 198.51.100.7", 1, "198.51.100.7"],
    ["1.1.1.1,2.2.2.2,  198.51.100.7 ,10.0.0.1", 2, "198.51.100.7"],
    // Fewer hops than proxies: the first counts.
    ["198.51.100.7", 2, "198.51.100.7"],
    ["", 1, PEER],
    ["203.0.113.9,", 1, PEER],
    // Some proxies add the port.
    ["198.51.100.7:4711", 1, "198.51.100.7"],
    ["[2001:db8::1]:4711", 1, "2001:db8:0:0::/64"],
    ["[2001:db8::1]", 1, "2001:db8:0:0::/64"],
    ["2001:db8::1", 1, "2001:db8:0:0::/64"],
    ["::ffff:198.51.100.7", 1, "198.51.100.7"],
  ];
  for (const [forwarded, trustProxy, address] of table) {
    const headers = new Headers({ "x-forwarded-for": forwarded });
    const options = { trustProxy };
    assertEquals(
      clientAddress(headers, PEER, options),
      address,
      `"${forwarded}", ${trustProxy} trusted`,
    );
  }
});

Deno.test("clientAddress() is the peer's address if a proxy forwards no address", () => {
  const hops = [
    "unknown",
    "_hidden",
    "chat.example",
    "",
    " ",
    '""',
    "256.0.0.1",
    "1.2.3",
    "0x7f000001",
    "1.2.3.4.5",
    "192.0.2.1:http",
    "::g",
    "1::2::3",
    "[::1",
    "::1]/path",
    "::1]@[::2",
    "2001:db8::1%".padEnd(100, "z"),
    "1".repeat(1_000_000),
    "::1".padEnd(1_000_000, "%"),
    "for=198.51.100.7",
  ];
  for (const hop of hops) {
    const headers = new Headers({ "x-forwarded-for": `203.0.113.9, ${hop}` });
    const options = { trustProxy: 1 };
    assertEquals(clientAddress(headers, PEER, options), PEER, hop.slice(0, 40));
  }
});

Deno.test("clientAddress() has one form for each address that a proxy forwards", () => {
  const table: [hop: string, address: string][] = [
    ["192.0.2.007", "192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["[::ffff:192.0.2.7]:80", "192.0.2.7"],
    ["2001:0DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["[fe80::1%25eth0]:80", "fe80:0:0:0::/64"],
  ];
  for (const [hop, address] of table) {
    const headers = new Headers({ "x-forwarded-for": hop });
    assertEquals(clientAddress(headers, PEER, { trustProxy: 1 }), address, hop);
  }
});

Deno.test("clientAddress() joins the headers of several proxies", () => {
  const headers = new Headers();
  for (const hop of ["203.0.113.9", "198.51.100.7"]) headers.append("x-forwarded-for", hop);
  assertEquals(clientAddress(headers, PEER, { trustProxy: 1 }), "198.51.100.7");
});

Deno.test("clientAddress() is the peer's address behind a trusted proxy that forwards nothing", () => {
  assertEquals(clientAddress(new Headers(), PEER, { trustProxy: 1 }), PEER);
});

Deno.test("clientAddress() reads the end of a long list of hops", () => {
  const options = { trustProxy: 2 };
  const hops = Array.from({ length: 5000 }, () => "203.0.113.9").join(", ");
  const headers = new Headers({ "x-forwarded-for": `${hops}, 198.51.100.7, 10.0.0.1` });
  assertEquals(clientAddress(headers, PEER, options), "198.51.100.7");
});
