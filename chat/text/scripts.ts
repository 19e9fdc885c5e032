/**
 * Detection of mixed scripts (alphabets), by the level "highly restrictive" of UTS 39
 * (https://www.unicode.org/reports/tr39/#Restriction_Level_Detection).
 *
 * @module
 */

/** Scripts that may be mixed, by ISO 15924 codes: Japanese, Chinese, Korean. */
const MIXTURES = ["Latn Hani Hira Kana", "Latn Hani Bopo", "Latn Hani Hang"];

/** The other scripts of Unicode 17, those in wide use first. */
const SCRIPTS = (
  "Cyrl Grek Arab Hebr Deva Thai Beng Taml Telu Armn Geor Ethi Mymr Khmr Sinh Guru Gujr Orya " +
  "Knda Mlym Laoo Tibt Thaa Syrc Mong Adlm Aghb Ahom Armi Avst Bali Bamu Bass Batk Berf Bhks " +
  "Brah Brai Bugi Buhd Cakm Cans Cari Cham Cher Chrs Copt Cpmn Cprt Diak Dogr Dsrt Dupl Egyp " +
  "Elba Elym Gara Glag Gong Gonm Goth Gran Gukh Hano Hatr Hluw Hmng Hmnp Hung Ital Java Kali " +
  "Kawi Khar Khoj Kits Krai Kthi Lana Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Maka Mand Mani " +
  "Marc Medf Mend Merc Mero Modi Mroo Mtei Mult Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck " +
  "Onao Orkh Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx Plrd Prti Rjng Rohg Runr Samr " +
  "Sarb Saur Sgnw Shaw Shrd Sidd Sidt Sind Sogd Sogo Sora Soyo Sund Sunu Sylo Tagb Takr Tale " +
  "Talu Tang Tavt Tayo Tfng Tglg Tirh Tnsa Todr Tols Toto Tutg Ugar Vaii Vith Wara Wcho Xpeo " +
  "Xsux Yezi Yiii Zanb"
).split(" ");

/**
 * Characters that belong to every script. Letters, marks and digits that several scripts share
 * belong to those alone (Script_Extensions), such as the Japanese ー; signs such as · to all.
 */
const COMMON =
  /[\p{Script_Extensions=Zyyy}\p{Script_Extensions=Zinh}]|(?![\p{L}\p{M}\p{N}])\p{Script=Zyyy}/gu;

/** Compiled when needed: each takes 0.1 ms, and most texts need only the first. */
const PATTERNS = new Map<string, RegExp>();

/**
 * Whether a text mixes scripts that may not be mixed. Digits, signs and emoji belong to all
 * scripts. For short texts only: it takes up to 170 passes.
 */
export function mixesScripts(text: string): boolean {
  const bound = text.replace(COMMON, "");
  return bound !== "" && ![...MIXTURES, ...SCRIPTS].some((each) => patternOf(each).test(bound));
}

/** An expression that matches a text whose characters all belong to one of the scripts. */
function patternOf(scripts: string): RegExp {
  let pattern = PATTERNS.get(scripts);
  if (pattern === undefined) {
    pattern = makePattern(scripts);
    PATTERNS.set(scripts, pattern);
  }
  return pattern;
}

function makePattern(scripts: string): RegExp {
  const properties = scripts.split(" ").map((each) => `\\p{Script_Extensions=${each}}`);
  try {
    return new RegExp(`^[${properties.join("")}]+$`, "u");
  } catch {
    // The runtime's Unicode is older than this script.
    return /^(?!)/;
  }
}
