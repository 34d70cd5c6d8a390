// Key presses of the page into the wedge. Nothing has to be focused, and the first sign is never lost.
import { SILENCE_MS, Wedge } from "./wedge";

const isField = (target: EventTarget | null): target is HTMLInputElement => target instanceof HTMLInputElement;

/** Calls `onScan` for each scan until the returned function is called. */
export function listen(onScan: (scan: string) => void): () => void {
  const wedge = new Wedge();
  let silence = 0;
  let before = ""; // what stood in the field when the burst began: a scan must not stay there

  function onKey(event: KeyboardEvent): void {
    if (event.repeat || event.altKey || event.metaKey || event.isComposing) return;
    const field = isField(event.target) ? event.target : null;
    const scan = wedge.press({ key: event.key, ctrl: event.ctrlKey }, event.timeStamp);
    if (wedge.fresh) before = field?.value ?? "";
    const writes = event.key.length === 1 && (!event.ctrlKey || event.key === "]");
    // Outside a field a sign has no good effect: a space presses the focused button, `/` opens a search bar.
    if (scan !== null || (writes && field === null)) event.preventDefault();
    clearTimeout(silence);
    if (scan === null) silence = window.setTimeout(() => finish(wedge.silence(performance.now()), field), SILENCE_MS + 10);
    else finish(scan, field);
  }

  function finish(scan: string | null, field: HTMLInputElement | null): void {
    if (scan === null) return;
    if (field !== null) {
      field.value = before;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    onScan(scan);
  }

  addEventListener("keydown", onKey, { capture: true });
  return () => {
    clearTimeout(silence);
    removeEventListener("keydown", onKey, { capture: true });
  };
}
