/**
 * Shades of the accent colour that can be read in the page's light and dark look.
 *
 * @module
 */

/** Red, green and blue, 0 to 255. */
type Color = readonly [number, number, number];

/** The colours of a look: of links and buttons, and behind what is marked. */
export interface Shades {
  readonly accent: string;
  readonly tint: string;
}

/** The shades of a colour in one look. */
interface Look {
  /** The colours behind links, as in `static/style.css`. */
  readonly behind: readonly string[];
  /** The surface, into which a share of the accent is mixed for the tint. */
  readonly surface: string;
  readonly tintShare: number;
  /** The colour to which the accent is moved until it can be read. */
  readonly towards: string;
}

const LIGHT: Look = {
  behind: ["#ffffff", "#f3f3f7", "#f2f2f7", "#e6e7f0"],
  surface: "#ffffff",
  tintShare: 0.1,
  towards: "#000000",
};

const DARK: Look = {
  behind: ["#15161b", "#1d1e25", "#272932", "#24262e", "#30323d"],
  surface: "#1d1e25",
  tintShare: 0.12,
  towards: "#ffffff",
};

/** The least contrast of text at level AA (WCAG 2.2, 1.4.3). */
const MIN_CONTRAST = 4.5;

const STEPS = 50;

/**
 * The shades of a colour for both looks. Each is the colour itself or the nearest mixture with black or
 * white that has a contrast of 4.5 to every colour behind it, and so to the text on a button too.
 *
 * @param color in the form "#rrggbb"
 */
export function shadesOf(color: string): { readonly light: Shades; readonly dark: Shades } {
  return { light: shadeFor(LIGHT, color), dark: shadeFor(DARK, color) };
}

function shadeFor({ behind, surface, tintShare, towards }: Look, color: string): Shades {
  for (let step = 0;; step++) {
    const accent = mix(parse(color), parse(towards), step / STEPS);
    const tint = mix(parse(surface), accent, tintShare);
    const isReadable = [...behind.map(parse), tint].every((each) =>
      contrastOf(accent, each) >= MIN_CONTRAST
    );
    if (isReadable || step === STEPS) return { accent: format(accent), tint: format(tint) };
  }
}

/** The contrast of two colours, 1 to 21, as WCAG 2.2 defines it. */
export function contrast(a: string, b: string): number {
  return contrastOf(parse(a), parse(b));
}

function contrastOf(a: Color, b: Color): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(color: Color): number {
  const [red = 0, green = 0, blue = 0] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mix(from: Color, to: Color, share: number): Color {
  const part = (a: number, b: number) => Math.round(a + (b - a) * share);
  return [part(from[0], to[0]), part(from[1], to[1]), part(from[2], to[2])];
}

function parse(color: string): Color {
  const part = (start: number) => parseInt(color.slice(start, start + 2), 16);
  return [part(1), part(3), part(5)];
}

function format(color: Color): string {
  return `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
