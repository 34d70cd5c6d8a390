// Server-sent events by fetch: an EventSource cannot carry the token in a header, and a token has no place in an address.
import { signal, type Signal } from "@preact/signals";
import { call, Refused } from "./api";

export interface Live<T> {
  readonly value: Signal<T | null>;
  readonly state: Signal<"connecting" | "live" | "lost">;
  readonly error: Signal<unknown>;
  stop(): void;
}

/** Follow a stream until stopped, reconnecting with full jitter. A refusal that will not change ends it. */
export function follow<T>(path: string): Live<T> {
  const value = signal<T | null>(null);
  const state = signal<"connecting" | "live" | "lost">("connecting");
  const error = signal<unknown>(null);
  const abort = new AbortController();
  void run();
  return { value, state, error, stop: () => abort.abort() };

  async function run(): Promise<void> {
    for (let attempt = 0; !abort.signal.aborted; attempt++) {
      try {
        const response = await call("GET", path, { signal: abort.signal, headers: { Accept: "text/event-stream" } });
        attempt = 0;
        await read(response);
      } catch (cause) {
        if (abort.signal.aborted) return;
        if (cause instanceof Refused && cause.status >= 400 && cause.status < 500) {
          error.value = cause;
          return;
        }
      }
      state.value = "lost";
      await new Promise((done) => setTimeout(done, Math.random() * Math.min(5000, 250 * 2 ** attempt)));
    }
  }

  async function read(response: Response): Promise<void> {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) return;
    let rest = "";
    for (;;) {
      const { done, value: text } = await reader.read();
      if (done) return;
      const parts = (rest + text).split("\n\n");
      rest = parts.pop() ?? "";
      const last = parts.at(-1)?.split("\n").find((line) => line.startsWith("data: "));
      if (last !== undefined) {
        value.value = JSON.parse(last.slice(6)) as T;
        state.value = "live";
      }
    }
  }
}
