import { useSignal } from "@preact/signals";
import { signOut } from "../shared/api";
import { locale, t, tCode } from "../shared/i18n";
import { LanguagePicker } from "../shared/LanguagePicker";
import { may, session } from "../shared/session";
import { setSite, site } from "../shared/site";
import { useSites } from "../shared/useSites";
import { setSound, sound } from "./feedback";
import { network } from "./network";
import { waiting } from "./queue";
import { Waiting } from "./Waiting";
import { FLOWS, setWork, type Work, work } from "./work";

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
          <i aria-hidden="true">{MARKS[network.value]}</i> {t(`net.${network.value}`)}{waiting.value.length > 0 && ` · ${waiting.value.length} ↑`}
        </span>
        <button class="button" aria-expanded={open} aria-label={t("hand.menu")} onClick={() => (open.value = !open.value)}>☰</button>
      </div>
      <Waiting />
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
          <label class="field">
            {t("hand.work")}
            <select value={work.value} onChange={(e) => { setWork(e.currentTarget.value as Work); open.value = false; }}>
              <option value="parcels" selected={work.value === "parcels"}>{t("flow.parcels")}</option>
              {Object.entries(FLOWS).filter(([, flow]) => may(flow.right)).map(([name, flow]) => (
                <option key={name} value={name} selected={work.value === name}>{t(flow.name)}</option>
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
