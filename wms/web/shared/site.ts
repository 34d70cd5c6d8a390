// The site that lists and scans speak of; remembered on this device.
import { signal } from "@preact/signals";

const STORED = "kouan.site";
const FIRST = "SFH-S";

export const site = signal(localStorage.getItem(STORED) ?? FIRST);

export function setSite(code: string): void {
  site.value = code;
  localStorage.setItem(STORED, code);
}
