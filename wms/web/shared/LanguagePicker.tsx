import { locale, setLocale, t, type Locale } from "./i18n";

const NAMES: Record<Locale, string> = { zh: "中文", en: "English", ru: "Русский" };

export function LanguagePicker() {
  return (
    <div class="languages" role="group" aria-label={t("language")}>
      {(Object.keys(NAMES) as Locale[]).map((one) => (
        <button type="button" key={one} lang={one} aria-pressed={locale.value === one} onClick={() => void setLocale(one)}>
          {NAMES[one]}
        </button>
      ))}
    </div>
  );
}
