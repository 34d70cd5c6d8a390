import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "0", "⌫"] as const;

/** Says what the number will be, for a thumb in a glove. */
export function NumberPad({ value, most, onSet, onClose }: { value: number; most: number; onSet: (value: number) => void; onClose: () => void }) {
  const text = useSignal("");
  const wanted = text.value === "" ? value : Number(text.value);
  const good = Number.isFinite(wanted) && wanted > 0 && wanted <= most;
  function press(key: string): void {
    if (key === "⌫") text.value = text.value.slice(0, -1);
    else if (/^\d{0,9}(\.\d{0,3})?$/.test(text.value + key)) text.value += key;
  }
  return (
    <section class="type-it pad" aria-label={t("flow.number")}>
      <p class="destination" role="status">{t("flow.set_to", { value: wanted })}</p>
      {!good && <p class="why" role="alert">{t("flow.most", { most })}</p>}
      <div class="keys">{KEYS.map((key) => <button key={key} class="button" aria-label={key === "⌫" ? t("flow.delete") : key} onClick={() => press(key)}>{key}</button>)}</div>
      <div class="inline">
        <button class="button main" disabled={!good} onClick={() => onSet(wanted)}>{t("flow.set")}</button>
        <button class="button" onClick={onClose}>{t("hand.close")}</button>
      </div>
    </section>
  );
}
