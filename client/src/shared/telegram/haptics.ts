export type Haptic = "done" | "light";

let play: (haptic: Haptic) => void = () => {};

/** Let the device answer by touch from now on; only Telegram's Mini App can (app/telegram/). */
export function playHapticsBy(given: (haptic: Haptic) => void): void {
  play = given;
}

/** Let the device answer by touch, where it can. */
export function playHaptic(haptic: Haptic): void {
  play(haptic);
}
