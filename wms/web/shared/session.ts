// Who is signed in on this device. The token lives in sessionStorage: closing the tab ends it here.
import { signal } from "@preact/signals";
import type { components } from "./api.gen";

export type Session = components["schemas"]["Session"];
const STORED = "kouan.session";

function stored(): Session | null {
  try {
    const session = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Session | null;
    return session !== null && new Date(session.expires_at) > new Date() ? session : null;
  } catch {
    return null;
  }
}

export const session = signal<Session | null>(stored());

export function keepSession(next: Session | null): void {
  session.value = next;
  if (next === null) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, JSON.stringify(next));
}

export const may = (right: string): boolean => session.value?.rights.includes(right) ?? false;
