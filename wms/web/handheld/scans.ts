// What was scanned and what came of it. The newest scan rules the screen: a late answer to an older one only fills its row.
import { computed, effect, signal } from "@preact/signals";
import { get, Refused, type Schemas, send } from "../shared/api";
import { session } from "../shared/session";
import { site } from "../shared/site";
import { type Feeling, feel } from "./feedback";
import { network } from "./network";
import { readChute, readCode } from "./scan/readCode";

type Found = Schemas["ParcelView"] | Schemas["BagFound"];

export type Outcome =
  | { readonly kind: "looking" }
  | { readonly kind: "parcel"; readonly parcel: Schemas["ParcelView"] }
  | { readonly kind: "bag"; readonly bag: Schemas["BagFound"] }
  | { readonly kind: "open_bag"; readonly bag: Schemas["BagRow"] }
  | { readonly kind: "closed"; readonly chute: string; readonly closed: Schemas["BagClosed"] }
  | { readonly kind: "no_open_bag"; readonly chute: string }
  | { readonly kind: "refused"; readonly error: unknown };

export interface Scan {
  readonly id: number;
  readonly at: Date;
  readonly code: string;
  readonly outcome: Outcome;
}

const KEPT = 20;
const NOTHING_TO_DO = new Set(["nothing", "wait", "induct", "bring_to_staging"]);
let ids = 0;

/** Newest first. */
export const scans = signal<readonly Scan[]>([]);
export const current = computed(() => scans.value[0] ?? null);

// The next person at this handheld must not see what the last one scanned.
effect(() => {
  if (session.value === null) scans.value = [];
});

export async function take(text: string): Promise<void> {
  const code = readCode(text);
  if (code === "") return;
  const id = begin(code);
  settle(id, await find(code));
}

export async function closeBag(bag: Schemas["BagRow"]): Promise<void> {
  const id = begin(bag.chute);
  try {
    const closed = await send<Schemas["BagClosed"]>("POST", `/api/v1/bags/${bag.id}/close`);
    settle(id, { kind: "closed", chute: bag.chute, closed });
  } catch (error) {
    settle(id, { kind: "refused", error });
  }
}

async function find(code: string): Promise<Outcome> {
  try {
    const chute = readChute(code);
    if (chute !== null) {
      const bags = await get<Schemas["BagRow"][]>(`/api/v1/bags?site=${encodeURIComponent(site.value)}&open=true&limit=500`);
      const bag = bags.find((one) => one.chute === chute);
      return bag === undefined ? { kind: "no_open_bag", chute } : { kind: "open_bag", bag };
    }
    const found = await get<Found>(`/api/v1/codes/${encodeURIComponent(code)}`);
    return found.kind === "parcel" ? { kind: "parcel", parcel: found } : { kind: "bag", bag: found };
  } catch (error) {
    return { kind: "refused", error };
  }
}

function begin(code: string): number {
  const id = ++ids;
  const scan: Scan = { id, at: new Date(), code, outcome: { kind: "looking" } };
  scans.value = [scan, ...scans.value].slice(0, KEPT);
  return id;
}

function settle(id: number, outcome: Outcome): void {
  network.value = outcome.kind === "refused" && outcome.error instanceof Refused && outcome.error.code === "no_network" ? "gone" : "good";
  scans.value = scans.value.map((one) => (one.id === id ? { ...one, outcome } : one));
  const feeling = feelingOf(outcome);
  if (feeling !== null && current.value?.id === id) feel(feeling);
}

export function feelingOf(outcome: Outcome): Feeling | null {
  switch (outcome.kind) {
    case "looking":
      return null;
    case "parcel":
      return NOTHING_TO_DO.has(outcome.parcel.todo) ? "good" : "ask";
    case "bag":
      return "good";
    case "open_bag":
      return "ask";
    case "closed":
      return "done";
    case "no_open_bag":
    case "refused":
      return "wrong";
  }
}

