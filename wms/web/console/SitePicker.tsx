import { locale, t, tCode } from "../shared/i18n";
import { setSite, site } from "../shared/site";
import { useSites } from "../shared/useSites";

/** Chooses the site and says under which regime it works. */
export function SitePicker() {
  const sites = useSites().value.value ?? [];
  const chosen = sites.find((one) => one.code === site.value);
  return (
    <label class="field site-picker">
      {t("site")}
      <select value={site.value} onChange={(e) => setSite(e.currentTarget.value)}>
        {sites.map((one) => (
          <option key={one.code} value={one.code} selected={one.code === site.value}>
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
