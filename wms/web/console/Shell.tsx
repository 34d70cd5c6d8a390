import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { signOut } from "../shared/api";
import { type Key, t, tCode } from "../shared/i18n";
import { LanguagePicker } from "../shared/LanguagePicker";
import { may, session } from "../shared/session";
import { Announce } from "./Announce";
import { Bags } from "./Bags";
import { Line } from "./Line";
import { Lookup } from "./Lookup";
import { Parcels } from "./Parcels";
import { Parked } from "./Parked";
import { Planner } from "./Planner";
import { Review } from "./review/Review";
import { go, route } from "./route";

interface Page {
  readonly right: string;
  readonly view: () => JSX.Element;
}

const PAGES: Record<string, Page> = {
  line: { right: "line.read", view: Line },
  announce: { right: "manifest.read", view: Announce },
  parcels: { right: "parcel.read", view: Parcels },
  bags: { right: "bag.read", view: Bags },
  review: { right: "review.do", view: Review },
  parked: { right: "parked.read", view: Parked },
  planner: { right: "transport.read", view: Planner },
};

export function Shell() {
  const page = route.value.page;
  const View = page === "code" || page === "parcel" ? Lookup : (PAGES[page]?.view ?? Line);
  const title = t(View === Lookup ? "nav.code" : (`nav.${page in PAGES ? page : "line"}` as Key));
  useEffect(() => void (document.title = `${title} · Kouan 口岸`), [title]);
  return (
    <div class="shell">
      <header>
        <strong class="brand">Kouan 口岸</strong>
        <nav aria-label={t("nav.label")}>
          {Object.entries(PAGES)
            .filter(([, one]) => may(one.right))
            .map(([name]) => (
              <a key={name} href={`#/${name}`} aria-current={page === name ? "page" : undefined}>
                {t(`nav.${name}` as Key)}
              </a>
            ))}
        </nav>
        <Search />
        <span class="who">
          {session.value?.name} · {tCode("person", session.value?.role ?? "")}
        </span>
        <LanguagePicker />
        <button class="button" onClick={() => void signOut()}>{t("sign_out")}</button>
      </header>
      <main>
        <View />
      </main>
    </div>
  );
}

function Search() {
  const text = useSignal("");
  function submit(event: Event): void {
    event.preventDefault();
    const code = text.value.trim();
    if (code) go("code", code);
    text.value = "";
  }
  return (
    <form class="search" role="search" onSubmit={submit}>
      <input
        value={text}
        onInput={(e) => (text.value = e.currentTarget.value)}
        placeholder={t("search.placeholder")}
        aria-label={t("search.placeholder")}
        maxLength={256}
      />
    </form>
  );
}
