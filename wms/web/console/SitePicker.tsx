import { signal, useSignalEffect } from "@preact/signals";
import type { Schemas } from "../shared/api";
import { locale, t, tCode } from "../shared/i18n";
import { useLoad } from "../shared/load";

const STORED = "kouan.site";
/** The site all lists of the console speak of. */
export const site = signal(localStorage.getItem(STORED) ?? "SFH-S");

export function SitePicker() {
  const sites = useLoad<Schemas["SiteRow"][]>(() => "/api/v1/sites");
  useSignalEffect(() => {
    const first = sites.value.value?.[0];
    if (first && !sites.value.value?.some((one) => one.code === site.value)) site.value = first.code;
    localStorage.setItem(STORED, site.value);
  });
  const chosen = sites.value.value?.find((one) => one.code === site.value);
  return (
    <label class="field site-picker">
      {t("site")}
      <select value={site.value} onChange={(e) => (site.value = e.currentTarget.value)}>
        {(sites.value.value ?? []).map((one) => (
          <option key={one.code} value={one.code}>
            {one.code} · {one.names[locale.value] ?? one.names["en"]}
          </option>
        ))}
      </select>
      {chosen && (
        <span class="muted">
          {tCode("kind", chosen.kind)} · {tCode("kind", chosen.regime)} · {chosen.time_zone}
          {!chosen.verified && <> · <span class="chip plain">{t("unverified")}</span></>}
        </span>
      )}
    </label>
  );
}
