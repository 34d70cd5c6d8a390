import { explain, Refused } from "../shared/api";
import { clock, t } from "../shared/i18n";
import { conflicts, dismiss, waiting } from "./queue";

/** What the server does not have yet, and what it refused after the person had gone on. */
export function Waiting() {
  if (waiting.value.length === 0 && conflicts.value.length === 0) return null;
  return (
    <section class="waiting">
      {waiting.value.length > 0 && <p role="status">↑ {t("queue.waiting", { count: waiting.value.length })}</p>}
      <ul>
        {conflicts.value.map((one) => (
          <li key={one.key} class="wrong">
            <p>✕ {clock(one.at)} {t(one.told.key, one.told.params)}</p>
            <p class="why">{explain(new Refused(one.refused?.code ?? "unexpected", one.refused?.params ?? {}))}</p>
            <button class="button" onClick={() => void dismiss(one)}>{t("queue.seen_to")}</button>
          </li>
        ))}
      </ul>
    </section>
  );
}
