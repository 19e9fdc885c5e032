/**
 * Converter from Slack's markup to that of messages. Both have code, quotes and `_italic_`; bold is
 * `*so*` there and `**so**` here, and `<URL|label>`, `<@user>`, `<!channel>` and entities are Slack's
 * alone. Takes time linear in the length of the text.
 *
 * @module
 */

const FENCE = "```";
/** Pieces of a text that are converted, and line breaks, over which no emphasis reaches. */
const PIECE = /`[^`\n]+`|<[^<>\n]+>|&(?:amp|lt|gt);|\*+|~+|\n/g;
const REFERENCE = /<[^<>\n]+>|&(?:amp|lt|gt);/g;
const ENTITY = /&(?:amp|lt|gt);/g;
const ENTITIES: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const MARKS: Readonly<Record<string, string>> = { "*": "**", "~": "~~" };

/** Characters between which the page finds emphasis; between others the marks stay as they are. */
const OPENS_AFTER = /^$|[\s\p{Ps}\p{Pi}\p{Pf}"'–—*_~]/u;
const BEGINS_NONE = /^$|[\s\p{Pe}]/u;
const ENDS_NONE = /^$|[\s\p{Ps}/]/u;
const WORD = /[\p{L}\p{N}_]/u;

/** Addresses. Other texts with a colon, such as `<db-1:9100>`, are none unless they have a label. */
const ADDRESS = /^(?:[a-z][a-z\d+.-]*:\/\/|mailto:|tel:)/i;
/**
 * Characters that would end a link on the page. Parentheses are among them because a link stands in
 * parentheses behind its label.
 */
const UNSAFE =
  /[\s\p{Cc}\p{Cs}<>"`()\u200e\u200f\u202a-\u202e\u2066-\u2069«»‹›“”„‟「」、。（），：；！？]|[.,;:!?'*_~…]$/gu;

/** Converts a text with Slack's markup. */
export function fromMrkdwn(text: string): string {
  if (!/[`<&*~>•]|^ +- /m.test(text)) return text;
  return text.split(FENCE).map((segment, index, segments) => {
    if (index % 2 === 0) return fromSegment(segment);
    // Slack shows a fence that nobody closed as text, but a later part could close it here.
    if (index === segments.length - 1 && segment.trim() === "") return "";
    return FENCE + fromCode(segment) + FENCE;
  }).join("");
}

/** Converts a text in which only references and entities are markup. */
export function fromPlain(text: string): string {
  return text.replace(
    REFERENCE,
    (piece) => piece.startsWith("<") ? fromReference(piece) : decode(piece),
  );
}

/** A URL as the page shows it, with a label before it if that says more; "" if there is neither. */
export function linkTo(url: string, label = ""): string {
  const name = label.replace(/\s+/g, " ").trim();
  if (!/^https?:/i.test(url)) {
    const address = url.replace(/^(?:mailto|tel):/i, "");
    return name === "" || name === address ? address : `${name} (${url})`;
  }
  const safe = url.replace(UNSAFE, percentEncode);
  const rest = (each: string) => each.replace(/^https?:\/\//i, "").replace(/\/$/, "");
  return name === "" || rest(name) === rest(url) ? safe : `${name} (${safe})`;
}

/** Text without fences. */
function fromSegment(text: string): string {
  const parts: string[] = [];
  /** The index in `parts` of the last mark that may open emphasis, by its character. */
  const open = new Map<string, number>();
  let end = 0;
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    parts.push(text.slice(end, index));
    end = index + piece.length;
    const mark = MARKS[piece];
    if (mark !== undefined) {
      const [before, after] = [text.charAt(index - 1), text.charAt(end)];
      const opened = open.get(piece);
      if (opened !== undefined && !ENDS_NONE.test(before) && !WORD.test(after)) {
        parts[opened] = mark;
        open.delete(piece);
        parts.push(mark);
        continue;
      }
      if (OPENS_AFTER.test(before) && !BEGINS_NONE.test(after)) open.set(piece, parts.length);
    } else if (piece === "\n") open.clear();
    parts.push(fromPiece(piece));
  }
  parts.push(text.slice(end));
  return fromLines(parts.join(""));
}

function fromPiece(piece: string): string {
  if (piece.startsWith("`")) return fromCode(piece);
  return fromPlain(piece);
}

/** Quotes need a space here, and those by ">>>" take all the rest; items of lists begin with "- ". */
function fromLines(text: string): string {
  const lines = text.split("\n");
  const rest = lines.findIndex((line) => line.startsWith(">>>"));
  return lines.map((line, index) => {
    if (rest !== -1 && index >= rest) return `> ${line.replace(/^>>> ?/, "")}`.trimEnd();
    return line.replace(/^ *[-*•] +(?=\S)/, "- ").replace(/^>(?=[^\s>])/, "> ");
  }).join("\n");
}

/** Code has entities, and references as they read. */
function fromCode(code: string): string {
  return code.replace(REFERENCE, (piece) => {
    const { label = "", url = "" } =
      /^<(?<url>https?:[^|]*)(?:\|(?<label>.*))?>$/i.exec(piece)?.groups ??
        {};
    return decode(label || url || piece);
  });
}

/** `<…>`: a link, a mention of a user, of a group, of all, or of a channel; other text as it is. */
function fromReference(reference: string): string {
  const inside = reference.slice(1, -1);
  const bar = inside.indexOf("|");
  const target = decode(bar === -1 ? inside : inside.slice(0, bar));
  const label = bar === -1 ? "" : decode(inside.slice(bar + 1)).trim();
  switch (target.charAt(0)) {
    case "@":
    case "#":
      return target.charAt(0) + (label.replace(/^[@#]/, "") || target.slice(1));
    case "!": {
      const [name = "", argument = ""] = target.slice(1).split("^");
      if (name === "date") return label;
      return `@${label.replace(/^@/, "") || argument || name}`;
    }
    default:
      return label !== "" || ADDRESS.test(target) ? linkTo(target, label) : decode(reference);
  }
}

function decode(text: string): string {
  return text.replace(ENTITY, (entity) => ENTITIES[entity] ?? entity);
}

function percentEncode(character: string): string {
  const encoded = encodeURIComponent(character.toWellFormed());
  if (encoded !== character) return encoded;
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
