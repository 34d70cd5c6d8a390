import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import { BigText } from "./BigText";
import { CameraPane } from "./camera/CameraPane";
import { flash } from "./feedback";
import { History } from "./History";
import { watchNetwork } from "./network";
import { Result } from "./Result";
import { listen } from "./scan/listen";
import { current, take } from "./scans";
import { TopBar } from "./TopBar";
import { TypeIt } from "./TypeIt";

/** The one screen: what the next scan means, what the last one said. */
export function ScanScreen() {
  const open = useSignal<"camera" | "typing" | null>(null);
  useLayoutEffect(() => listen(scanned), []); // before the first picture: a scan may come with it
  useEffect(watchNetwork, []);
  function scanned(text: string): void {
    open.value = null;
    void take(text);
  }
  return (
    <div class="hand">
      <TopBar />
      <main>
        {current.value === null ? <Idle /> : <Result scan={current.value} />}
        <History />
      </main>
      {open.value === "typing" && <TypeIt onCode={scanned} onClose={() => (open.value = null)} />}
      {open.value === "camera" && <CameraPane onCode={scanned} onClose={() => (open.value = null)} />}
      <footer>
        <button class="button" onClick={() => (open.value = "camera")}>{t("hand.camera")}</button>
        <button class="button" aria-expanded={open.value === "typing"} onClick={() => (open.value = open.value === "typing" ? null : "typing")}>
          {t("hand.type")}
        </button>
      </footer>
      <div class={`flash ${flash.value ?? ""}`} aria-hidden="true" />
    </div>
  );
}

function Idle() {
  return (
    <section class="idle">
      <BigText text={t("hand.scan_parcel")} />
      <p class="hint">{t("hand.scan_what")}</p>
    </section>
  );
}
