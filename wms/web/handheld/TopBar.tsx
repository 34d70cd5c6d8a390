import { useSignal } from "@preact/signals";
import { signOut } from "../shared/api";
import { locale, t, tCode } from "../shared/i18n";
import { LanguagePicker } from "../shared/LanguagePicker";
import { session } from "../shared/session";
import { setSite, site } from "../shared/site";
import { useSites } from "../shared/useSites";
import { setSound, sound } from "./feedback";
import { network } from "./network";

const MARKS = { good: "●", slow: "▲", gone: "✕" } as const;

/** Where am I, who am I, is there a network; behind the menu what is needed once a shift. */
export function TopBar() {
  const open = useSignal(false);
  const sites = useSites();
  return (
    <header>
      <div class="bar">
        <span class="where">
          <strong>{site}</strong> {session.value?.name}
        </span>
        <span class={`net ${network.value}`} role="status">
          <i aria-hidden="true">{MARKS[network.value]}</i> {t(`net.${network.value}`)}
        </span>
        <button class="button" aria-expanded={open} aria-label={t("hand.menu")} onClick={() => (open.value = !open.value)}>☰</button>
      </div>
      {open.value && (
        <div class="menu">
          <p>{session.value?.name} · {tCode("person", session.value?.role ?? "")}</p>
          <label class="field">
            {t("site")}
            <select value={site.value} onChange={(e) => setSite(e.currentTarget.value)}>
              {(sites.value.value ?? []).map((one) => (
                <option key={one.code} value={one.code} selected={one.code === site.value}>
                  {one.code} · {one.names[locale.value] ?? one.names["en"]}
                </option>
              ))}
            </select>
          </label>
          <LanguagePicker />
          <button class="button" aria-pressed={sound} onClick={() => setSound(!sound.value)}>
            {t("hand.sound")}: {sound.value ? t("hand.on") : t("hand.off")}
          </button>
          <button class="button" onClick={() => void signOut()}>{t("sign_out")}</button>
        </div>
      )}
    </header>
  );
}
