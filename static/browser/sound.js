/// <reference lib="dom" />

/**
 * Sound of a message: two short tones, made by the browser. It allows them only after the user has
 * clicked or typed.
 *
 * @module
 */

import { isLookedAt } from "./attention.js";
import { isInSight } from "./notifications.js";
import { PREFIX } from "./page_settings.js";

/** The lock of the one page of this user that sounds. */
const LOCK = `${PREFIX}sound`;
/** The least time between two sounds of all pages, in milliseconds. */
const INTERVAL_MS = 1000;
/** The frequency of each tone in Hz, and its beginning in seconds. */
const TONES = [{ hertz: 660, start: 0 }, { hertz: 880, start: 0.12 }];
/** The length of a tone and of its attack, in seconds. */
const LENGTH = 0.3;
const ATTACK = 0.01;
const VOLUME = 0.12;
const GESTURES = ["pointerdown", "keydown"];

/** @type {AudioContext | undefined} */
let context;
let isPrepared = false;

/**
 * Gets the browser's permission with the next click or key.
 *
 * @returns {void}
 */
export function prepareSound() {
  if (isPrepared) return;
  isPrepared = true;
  const unlock = () => {
    for (const type of GESTURES) removeEventListener(type, unlock, true);
    wake();
  };
  for (const type of GESTURES) addEventListener(type, unlock, { capture: true, passive: true });
}

/**
 * Plays the sound.
 *
 * @returns {Promise<boolean>} whether the browser allows it
 */
export async function playSound() {
  const audio = await wake();
  if (audio === undefined) return false;
  const now = audio.currentTime;
  for (const { hertz, start } of TONES) {
    const tone = new OscillatorNode(audio, { frequency: hertz });
    const gain = new GainNode(audio, { gain: 0 });
    const begin = now + start;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(VOLUME, begin + ATTACK);
    gain.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH);
    tone.connect(gain).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + LENGTH);
  }
  return true;
}

/**
 * Plays the sound for a message, unless another page of this user does: one that is looked at comes
 * first, and knows whether the message is in sight.
 *
 * @returns {Promise<void>}
 */
export async function soundOnce() {
  if (await wake() === undefined) return;
  if (navigator.locks === undefined) {
    await playSound();
    return;
  }
  if (!isLookedAt() && await isInSight()) return;
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock === null || !await playSound()) return;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }).catch(playSound);
}

/**
 * The running audio context, or undefined where the browser does not allow it.
 *
 * @returns {Promise<AudioContext | undefined>}
 */
async function wake() {
  try {
    context ??= new AudioContext();
    // Until the user has clicked or typed, a browser may leave this open.
    if (context.state !== "running") await Promise.race([context.resume(), aMoment()]);
    return context.state === "running" ? context : undefined;
  } catch {
    return undefined;
  }
}

/** @returns {Promise<void>} */
function aMoment() {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
