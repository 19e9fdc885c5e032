/**
 * Host names with an optional port, as the `Host` header and `CHAT_HOSTS` write them.
 *
 * @module
 */

/**
 * A normalised host: in lower case, without a dot at its end, an IPv6 address compressed in
 * brackets.
 */
export interface Host {
  readonly name: string;
  readonly port: number | undefined;
}

/** A domain name of 253 characters and the dot at its end, a colon, and a port. */
const MAX_HOST_LENGTH = 260;

const HOST_PATTERN = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i;

const MAX_PORT = 65_535;

/** The ports of http and https, which a URL leaves out. */
const DEFAULT_PORTS: readonly (number | undefined)[] = [80, 443];

/**
 * Parses a host of letters, digits, ".", "-" and "_", or an IPv6 address in brackets, with an
 * optional port. Returns `undefined` for anything else.
 */
export function parseHost(text: string): Host | undefined {
  if (text.length > MAX_HOST_LENGTH) return undefined;
  const [, written = "", digits] = HOST_PATTERN.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  const name = written.startsWith("[")
    // The URL parser gives the one canonical form of an IPv6 address.
    ? URL.parse(`http://${written}`)?.hostname ?? ""
    : written.toLowerCase().replace(/\.$/, "");
  return name === "" || (port ?? 0) > MAX_PORT ? undefined : { name, port };
}

/** Whether a list has the host. An item of the list without a port stands for all ports. */
export function isListed({ name, port }: Host, hosts: readonly Host[]): boolean {
  return hosts.some((each) =>
    each.name === name &&
    (each.port === undefined || each.port === port ||
      (port === undefined && DEFAULT_PORTS.includes(each.port)))
  );
}
