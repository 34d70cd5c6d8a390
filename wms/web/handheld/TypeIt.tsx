import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";

/** For labels no scanner reads: typed slowly, with a button as large as a glove. */
export function TypeIt({ onCode, onClose }: { onCode: (code: string) => void; onClose: () => void }) {
  const text = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []); // before the next key, not after the next picture
  function submit(event: Event): void {
    event.preventDefault();
    if (text.value.trim() !== "") onCode(text.value);
  }
  return (
    <form class="type-it" onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <label class="field">
        {t("hand.type_label")}
        <input
          ref={field}
          value={text}
          onInput={(event) => (text.value = event.currentTarget.value)}
          maxLength={256}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          enterkeyhint="search"
        />
      </label>
      <div class="inline">
        <button class="button main">{t("hand.find")}</button>
        <button class="button" type="button" onClick={onClose}>{t("hand.close")}</button>
      </div>
    </form>
  );
}
