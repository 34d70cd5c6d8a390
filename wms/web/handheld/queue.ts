// What was done, in order, until the server has it. Every deed has a key of its own, so that one that was sent twice counts once.
//
// A deed the server refuses is a conflict: it stays, with the reason, until the person has seen to it. Those after it go on.
import { computed, effect, signal } from "@preact/signals";
import { call, Refused } from "../shared/api";
import type { Key } from "../shared/i18n";
import { session } from "../shared/session";
import { network } from "./network";
import { all, put, take } from "./store";

export interface Deed {
  readonly key: string; // UUIDv7: sorted by time
  readonly at: string;
  readonly path: string;
  readonly body: unknown;
  readonly told: { readonly key: Key; readonly params: Record<string, unknown> };
  readonly refused?: { readonly code: string; readonly params: Record<string, unknown> };
}

export type Result = { readonly kind: "done" } | { readonly kind: "queued" } | { readonly kind: "refused"; readonly error: Refused };

const PATIENCE_MS = 4_000;
const LONGEST_WAIT_MS = 30_000;
const deeds = signal<readonly Deed[]>([]);
export const waiting = computed(() => deeds.value.filter((one) => one.refused === undefined));
export const conflicts = computed(() => deeds.value.filter((one) => one.refused !== undefined));

let draining: Promise<void> | null = null;
let failures = 0;
let timer = 0;

/** Bring back what an earlier tab left, and go on with it. */
export async function startQueue(): Promise<void> {
  deeds.value = await all<Deed>("queue");
  effect(() => {
    if (network.value === "good" && session.value !== null) void drain();
  });
}

/** Keep a deed, send it, and say what came of it within a moment; without a network it waits. */
export async function doNow(path: string, body: unknown, told: Deed["told"]): Promise<Result> {
  const deed: Deed = { key: uuid7(), at: new Date().toISOString(), path, body, told };
  await put("queue", deed.key, deed);
  deeds.value = [...deeds.value, deed];
  await Promise.race([drain(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  const still = deeds.value.find((one) => one.key === deed.key);
  if (still === undefined) return { kind: "done" };
  if (still.refused === undefined) return { kind: "queued" };
  await dismiss(still); // the person stands before it and sees the reason now
  return { kind: "refused", error: new Refused(still.refused.code, still.refused.params) };
}

/** The person has seen to a conflict. */
export async function dismiss(deed: Deed): Promise<void> {
  await take("queue", deed.key);
  deeds.value = deeds.value.filter((one) => one.key !== deed.key);
}

function drain(): Promise<void> {
  draining ??= send().finally(() => (draining = null));
  return draining;
}

async function send(): Promise<void> {
  clearTimeout(timer);
  for (let deed = waiting.value[0]; deed !== undefined && session.value !== null; deed = waiting.value[0]) {
    try {
      const headers = { "Content-Type": "application/json", "Idempotency-Key": deed.key };
      await call("POST", deed.path, { headers, body: JSON.stringify(deed.body), signal: AbortSignal.timeout(LONGEST_WAIT_MS) });
      failures = 0;
      await dismiss(deed);
    } catch (error) {
      if (!(error instanceof Refused) || comesAgain(error)) {
        failures += 1;
        network.value = "gone";
        timer = window.setTimeout(() => void drain(), Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(failures, 5)) * (0.5 + Math.random() / 2));
        return;
      }
      await refuse(deed, error);
    }
  }
}

const comesAgain = (error: Refused): boolean => error.code === "no_network" || error.code === "not_signed_in" || error.code === "busy" || error.status >= 500;

async function refuse(deed: Deed, error: Refused): Promise<void> {
  const marked: Deed = { ...deed, refused: { code: error.code, params: error.params } };
  await put("queue", deed.key, marked);
  deeds.value = deeds.value.map((one) => (one.key === deed.key ? marked : one));
}

/** RFC 9562, version 7: milliseconds, then chance. */
export function uuid7(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = Date.now();
  for (let place = 5; place >= 0; place--, ms = Math.floor(ms / 256)) bytes[place] = ms % 256;
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
