// The answer a hand feels before the eye reads: a flash, a sound, a vibration. Four kinds, told apart by each of the three.
import { signal } from "@preact/signals";

export type Feeling = "good" | "done" | "wrong" | "ask";

interface Tone {
  readonly hz: number;
  readonly from: number;
  readonly for: number;
  readonly shape?: OscillatorType;
}

const FLASH_MS = 120;
const TONES: Record<Feeling, Tone[]> = {
  good: [{ hz: 1320, from: 0, for: 0.08 }],
  done: [{ hz: 880, from: 0, for: 0.08 }, { hz: 1320, from: 0.1, for: 0.12 }],
  wrong: [{ hz: 196, from: 0, for: 0.4, shape: "square" }],
  ask: [{ hz: 660, from: 0, for: 0.1 }, { hz: 660, from: 0.16, for: 0.1 }],
};
const SHAKES: Record<Feeling, number[]> = { good: [40], done: [40, 40, 80], wrong: [200, 80, 200], ask: [80, 60, 80] };
const STORED = "kouan.sound";
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export const flash = signal<Feeling | null>(null);
export const sound = signal(localStorage.getItem(STORED) !== "off");

let audio: AudioContext | null = null;
let ending = 0;

export function setSound(on: boolean): void {
  sound.value = on;
  localStorage.setItem(STORED, on ? "on" : "off");
}

export function feel(feeling: Feeling): void {
  if (!CALM.matches) {
    flash.value = feeling;
    clearTimeout(ending);
    ending = window.setTimeout(() => (flash.value = null), FLASH_MS);
  }
  if ("vibrate" in navigator) navigator.vibrate(SHAKES[feeling]);
  if (sound.value) play(TONES[feeling]);
}

function play(tones: Tone[]): void {
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") void audio.resume();
    for (const tone of tones) {
      const source = audio.createOscillator();
      const volume = audio.createGain();
      const start = audio.currentTime + tone.from;
      source.type = tone.shape ?? "sine";
      source.frequency.value = tone.hz;
      volume.gain.setValueAtTime(0.4, start);
      volume.gain.exponentialRampToValueAtTime(0.001, start + tone.for);
      source.connect(volume).connect(audio.destination);
      source.start(start);
      source.stop(start + tone.for);
    }
  } catch {
    // a device without sound still flashes and shakes
  }
}
