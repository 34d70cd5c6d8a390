// A scanner that types: from key presses to scans. Pure: keys and times in, a scan or nothing out.
//
// A scan is a burst of keys ended by Enter or Tab, or by silence. With the prefix `~` in front (set it in the scanner) a
// scan never depends on timing; without it a burst is told from a person by its speed.

export const GS = "\x1d"; // FNC1 between element strings; must not be lost, it ends fields of variable length
const PREFIX = "~";
const FASTEST_HAND_MS = 100; // slower scanners need the prefix
const SHORTEST = 4;
const SHORTEST_WITHOUT_END = 8;
export const SILENCE_MS = 250;
const PREFIXED_SILENCE_MS = 2000;

export interface Key {
  readonly key: string;
  readonly ctrl: boolean;
}

export class Wedge {
  private text = "";
  private last = 0;
  private prefixed = false;

  /** Whether the keys so far can only be a machine's: their usual effect has to be prevented. */
  get machine(): boolean {
    return this.prefixed || this.text.length >= 2;
  }

  /** Whether the last key may have begun a burst: what stood in a field before it is worth remembering. */
  get fresh(): boolean {
    return this.text.length + (this.prefixed ? 1 : 0) === 1;
  }

  /** Take one key pressed at `at` ms; the scan that it completes, or null. */
  press(key: Key, at: number): string | null {
    if (at - this.last > (this.prefixed ? PREFIXED_SILENCE_MS : FASTEST_HAND_MS)) this.forget();
    this.last = at;
    if (key.key === "Enter" || key.key === "Tab") return this.take(SHORTEST);
    const sign = signOf(key);
    if (sign === null) return null;
    if (sign === PREFIX) {
      this.forget();
      this.prefixed = true;
    } else this.text += sign;
    return null;
  }

  /** Call after SILENCE_MS without a key: a long burst is a scan even when the scanner sends no Enter. */
  silence(at: number): string | null {
    return at - this.last >= SILENCE_MS && !this.prefixed ? this.take(SHORTEST_WITHOUT_END) : null;
  }

  private take(shortest: number): string | null {
    const scan = this.text.length >= (this.prefixed ? 1 : shortest) ? this.text : null;
    this.forget();
    return scan;
  }

  private forget(): void {
    this.text = "";
    this.prefixed = false;
  }
}

/** The sign of a key; null for keys that write nothing. Scanners send GS as itself or as Ctrl+]. */
function signOf({ key, ctrl }: Key): string | null {
  if (ctrl) return key === "]" ? GS : null;
  return key.length === 1 ? key : null;
}
