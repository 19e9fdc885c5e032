/**
 * A site whose page holds the chat in a frame.
 *
 * @module
 */

/** The site, on a free port of a host that is another site than 127.0.0.1 to browsers. */
export interface HostPage extends AsyncDisposable {
  readonly origin: string;
  readonly url: string;
  /** The address of the frame. */
  src: string;
  /** The frame's attribute, if it has one. */
  sandbox?: string;
  /** The frame's width and height in CSS. */
  size: string;
}

/** Starts the site. */
export function hostPage(): HostPage {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    const sandbox = host.sandbox === undefined ? "" : ` sandbox="${host.sandbox}"`;
    return new Response(
      `<!doctype html><html lang="en"><title>A site</title><h1>A site</h1>
      <input id="site" aria-label="Search the site" autofocus>
      <iframe title="Chat" src="${host.src.replaceAll("&", "&amp;")}"${sandbox}
        style="${host.size}; border: 1px solid gray"></iframe>`,
      { headers: { "content-type": "text/html" } },
    );
  });
  const origin = `http://localhost:${server.addr.port}`;
  const host: HostPage = {
    origin,
    url: `${origin}/`,
    src: "about:blank",
    size: "width: 100%; height: 420px",
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return host;
}
