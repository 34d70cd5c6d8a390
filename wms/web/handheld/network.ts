// Whether the server can be reached: asked by a tiny request now and then, and told by every scan.
import { signal } from "@preact/signals";

export type Network = "good" | "slow" | "gone";
const EVERY_MS = 10_000;
const EVERY_MS_WHEN_GONE = 2_000;
const SLOW_MS = 1_500;
const GIVE_UP_MS = 5_000;

export const network = signal<Network>(navigator.onLine ? "good" : "gone");

async function ask(): Promise<void> {
  const slow = setTimeout(() => (network.value = "slow"), SLOW_MS);
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(GIVE_UP_MS) });
    network.value = answer.ok ? "good" : "slow";
  } catch {
    network.value = "gone";
  } finally {
    clearTimeout(slow);
  }
}

/** Watch until the returned function is called. */
export function watchNetwork(): () => void {
  let timer = 0;
  let watching = true;
  const gone = (): void => void (network.value = "gone");
  const again = (): void => {
    clearTimeout(timer);
    void ask().then(() => {
      clearTimeout(timer);
      if (watching) timer = window.setTimeout(again, network.value === "good" ? EVERY_MS : EVERY_MS_WHEN_GONE);
    });
  };
  addEventListener("offline", gone);
  addEventListener("online", again);
  again();
  return () => {
    watching = false;
    clearTimeout(timer);
    removeEventListener("offline", gone);
    removeEventListener("online", again);
  };
}
