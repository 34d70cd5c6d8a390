// What the person at this device is doing: looking at parcels of the line, or a flow.
import { signal } from "@preact/signals";
import { MOVE } from "./flows/move";
import { PICK } from "./flows/pick";

export const FLOWS = { move: MOVE, pick: PICK } as const;
export type Work = "parcels" | keyof typeof FLOWS;
const STORED = "kouan.work";
const stored = localStorage.getItem(STORED);

export const work = signal<Work>(stored !== null && stored in FLOWS ? (stored as Work) : "parcels");

export function setWork(next: Work): void {
  work.value = next;
  localStorage.setItem(STORED, next);
}
