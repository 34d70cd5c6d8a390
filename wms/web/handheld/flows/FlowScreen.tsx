import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { explain, Refused } from "../../shared/api";
import { t, tIfKey } from "../../shared/i18n";
import { CameraPane } from "../camera/CameraPane";
import { feel, flash } from "../feedback";
import { watchNetwork } from "../network";
import { listen } from "../scan/listen";
import { readScan } from "../scan/readCode";
import { TopBar } from "../TopBar";
import { TypeIt } from "../TypeIt";
import { type Flow, type Next, Slip, type Told } from "./flow";
import { NumberPad } from "./NumberPad";

/** Any flow: what the next scan means, what it is about, and the last answer. */
export function FlowScreen<C>({ flow }: { flow: Flow<C> }) {
  const state = useSignal(flow.first);
  const context = useSignal(flow.begin);
  const last = useSignal<Told | null>(null);
  const wrong = useSignal<{ code: string; why: string } | null>(null);
  const open = useSignal<"camera" | "typing" | "number" | null>(null);
  const busy = useSignal(false);
  const turn = useRef(Promise.resolve()); // a quick hand scans before the last answer is there: each in its order
  useLayoutEffect(() => listen(scanned), []); // before the first picture: a scan may come with it
  useEffect(watchNetwork, []);

  function scanned(text: string): void {
    const code = readScan(text);
    open.value = null;
    if (code !== "") turned(() => flow.states[state.value]!.scan(context.value, code), code);
  }

  function turned(what: () => Next<C> | Promise<Next<C>>, code: string): void {
    turn.current = turn.current.then(() => take(what, code));
  }

  async function take(what: () => Next<C> | Promise<Next<C>>, code: string): Promise<void> {
    busy.value = true;
    try {
      answer(await what(), code);
    } catch (error) {
      answer({ wrong: error }, code);
    } finally {
      busy.value = false;
    }
  }

  function answer(next: Next<C>, code: string): void {
    if ("wrong" in next) {
      wrong.value = { code, why: next.wrong instanceof Slip ? t(next.wrong.told.key, next.wrong.told.params) : explain(next.wrong) };
      if (!(next.wrong instanceof Slip) && !(next.wrong instanceof Refused)) console.error(next.wrong);
      feel("wrong");
      return;
    }
    wrong.value = null;
    context.value = next.with;
    state.value = next.go;
    if (next.last !== undefined) last.value = next.last;
    feel(next.feeling);
  }

  function again(): void {
    wrong.value = null;
    context.value = flow.begin;
    state.value = flow.first;
  }

  const now = flow.states[state.value]!;
  const shown = now.show(context.value);
  const quantity = now.quantity?.(context.value);
  return (
    <div class="hand flow" data-state={state.value}>
      <TopBar />
      <main aria-busy={busy}>
        <section class={wrong.value === null ? "ask" : "ask wrong"} aria-live="assertive">
          <p class="next">{t(flow.name)}</p>
          <h1 class="todo">{t(now.ask)}</h1>
          {wrong.value !== null && <p class="why" role="alert">✕ {wrong.value.code}: {wrong.value.why}</p>}
          {shown.big !== "" && <p class="destination">{shown.big}</p>}
          {quantity !== undefined && (
            <button class="button" aria-expanded={open.value === "number"} onClick={() => (open.value = "number")}>{t("flow.set_number", { value: quantity.value })}</button>
          )}
          {(now.choices?.(context.value) ?? []).map((choice) => (
            <button key={choice.label} class="button choice" onClick={() => turned(() => choice.then(), choice.label)}>{tIfKey(choice.label)}</button>
          ))}
          <dl>{shown.facts.map((fact) => <div key={fact.name + fact.value}><dt>{t(fact.name)}</dt><dd>{fact.value}</dd></div>)}</dl>
        </section>
        {last.value !== null && <p class="last" role="status">✓ {t(last.value.key, last.value.params)}</p>}
      </main>
      {open.value === "typing" && <TypeIt onCode={scanned} onClose={() => (open.value = null)} />}
      {open.value === "camera" && <CameraPane onCode={scanned} onClose={() => (open.value = null)} />}
      {open.value === "number" && quantity !== undefined && (
        <NumberPad value={quantity.value} most={quantity.most} onClose={() => (open.value = null)}
          onSet={(value) => { context.value = quantity.set(value); open.value = null; feel("good"); }} />
      )}
      <footer>
        <button class="button" onClick={() => (open.value = "camera")}>{t("hand.camera")}</button>
        <button class="button" aria-expanded={open.value === "typing"} onClick={() => (open.value = open.value === "typing" ? null : "typing")}>{t("hand.type")}</button>
        <button class="button" onClick={again} disabled={state.value === flow.first}>{t("flow.again")}</button>
      </footer>
      <div class={`flash ${flash.value ?? ""}`} aria-hidden="true" />
    </div>
  );
}
