// Loading a value for a screen: the value, the refusal, or neither yet.
import { signal, type Signal, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { get } from "./api";

export interface Loaded<T> {
  readonly value: Signal<T | null>;
  readonly error: Signal<unknown>;
  readonly at: Signal<Date | null>;
  reload(): void;
}

/** Load what `path()` names, again whenever the signals it reads change. null loads nothing. */
export function useLoad<T>(path: () => string | null): Loaded<T> {
  const loaded = useMemo(() => {
    const value = signal<T | null>(null);
    const error = signal<unknown>(null);
    const at = signal<Date | null>(null);
    const again = signal(0);
    return { value, error, at, again, reload: () => void again.value++ };
  }, []);
  useSignalEffect(() => {
    void loaded.again.value;
    const wanted = path();
    if (wanted === null) return;
    let current = true;
    get<T>(wanted)
      .then((value) => {
        if (!current) return;
        loaded.value.value = value;
        loaded.error.value = null;
        loaded.at.value = new Date();
      })
      .catch((error: unknown) => {
        if (current) loaded.error.value = error;
      });
    return () => {
      current = false;
    };
  });
  return loaded;
}
