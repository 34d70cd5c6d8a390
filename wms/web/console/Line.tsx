import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { explain, type Schemas } from "../shared/api";
import { clock, number, percent, t, tCode } from "../shared/i18n";
import { follow } from "../shared/live";
import { useLoad } from "../shared/load";
import { Alarms } from "./line/Alarms";
import { Belt } from "./line/Belt";
import { Chutes } from "./line/Chutes";
import { Decisions } from "./line/Decisions";
import { Devices } from "./line/Devices";
import { route } from "./route";

type LineView = Schemas["LineView"];

/** The line screen: one line of the site, live. */
export function Line() {
  const lines = useLoad<Schemas["LineSummary"][]>(() => "/api/v1/lines");
  const wanted = useComputed(() => route.value.rest.join("/"));
  const path = useComputed(() => wanted.value || (lines.value.value?.[0]?.path ?? ""));
  if (lines.error.value) return <p class="problem">{explain(lines.error.value)}</p>;
  if (lines.value.value === null) return <p class="muted">{t("loading")}</p>;
  if (path.value === "") return <p class="muted">{t("line.none")}</p>;
  return (
    <>
      {lines.value.value.length > 1 && <LinePicker lines={lines.value.value} chosen={path.value} />}
      <LiveLine key={path.value} path={path.value} />
    </>
  );
}

function LinePicker({ lines, chosen }: { lines: Schemas["LineSummary"][]; chosen: string }) {
  return (
    <nav aria-label={t("nav.line")}>
      {lines.map((one) => (
        <a key={one.path} href={`#/line/${one.path}`} aria-current={one.path === chosen ? "page" : undefined}>{one.site} {one.name}</a>
      ))}
    </nav>
  );
}

function LiveLine({ path }: { path: string }) {
  const live = useMemo(() => follow<LineView>(`/api/v1/lines/${path}/live`), [path]);
  useEffect(() => () => live.stop(), [live]);
  const view = live.value.value;
  if (live.error.value) return <p class="problem">{explain(live.error.value)}</p>;
  if (view === null) return <p class="muted">{t("loading")}</p>;
  return (
    <div class="line-screen">
      <Heading view={view} state={live.state.value} />
      <Alarms alarms={view.alarms} />
      <Counts view={view} />
      <section class="card belt-card" aria-label={t("line.belt")}>
        <Belt view={view} live={live.state.value === "live"} />
      </section>
      <section class="card" aria-label={t("line.chutes")}>
        <h2>{t("line.chutes")}</h2>
        <Chutes chutes={view.chutes} />
      </section>
      <div class="columns">
        <section class="card" aria-label={t("line.decisions")}>
          <h2>{t("line.decisions")}</h2>
          <Decisions decisions={view.decisions} />
        </section>
        <section class="card" aria-label={t("line.devices")}>
          <h2>{t("line.devices")}</h2>
          <Devices view={view} />
        </section>
      </div>
    </div>
  );
}

function Heading({ view, state }: { view: LineView; state: "connecting" | "live" | "lost" }) {
  const open = useSignal(false);
  return (
    <div class="heading">
      <h1>
        {t("line.title", { name: view.line.name })} <span class="muted">{view.line.site}</span>
      </h1>
      <span class={`chip ${state === "live" ? "good" : "warn"}`}>{state === "live" ? t("live.on") : t("live.lost")}</span>
      <span class="muted">{t("line.as_of", { time: clock(view.at) })}</span>
      <button class="button" aria-expanded={open} onClick={() => (open.value = !open.value)}>
        {t("line.plan_version", { version: view.line.plan_version })}
      </button>
      {open.value && <p class="muted">{t("line.plan_hint")}</p>}
    </div>
  );
}

function Counts({ view }: { view: LineView }) {
  const { counts } = view;
  const gateway = view.gateways[0];
  const tiles: [string, string, string][] = [
    [t("count.per_hour"), number(counts.per_hour), t("count.of_target", { target: view.line.target_parcels_per_hour })],
    [t("count.announced"), number(counts.announced), t("count.day")],
    [t("count.inducted"), number(counts.inducted), t("count.on_line", { count: counts.on_line })],
    [t("count.sorted"), number(counts.sorted), share(counts.sorted, counts.sorted + counts.exceptions)],
    [t("count.exceptions"), number(counts.exceptions), share(counts.exceptions, counts.sorted + counts.exceptions)],
    [
      t("count.decision"),
      gateway ? `${number(gateway.decision_p99_ms, 1)} ${t("unit.ms")}` : "—",
      gateway ? t("count.durable", { ms: number(gateway.durable_p99_ms, 1), late: gateway.late_decisions }) : "",
    ],
  ];
  return (
    <div class="tiles">
      {tiles.map(([label, value, more]) => (
        <div class="card tile" key={label}>
          <span class="muted">{label}</span>
          <strong class="big">{value}</strong>
          <span class="muted">{more}</span>
        </div>
      ))}
      <Reasons reasons={counts.by_reason} />
    </div>
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? "—" : percent(part / whole);
}

function Reasons({ reasons }: { reasons: Record<string, number> }) {
  const rows = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return (
    <div class="card tile reasons">
      <span class="muted">{t("count.by_reason")}</span>
      {rows.length === 0 && <span class="muted">{t("count.no_exception")}</span>}
      <div class="reason-list">
        {rows.slice(0, 6).map(([reason, count]) => (
          <a key={reason} href={`#/parcels/exception/${reason}`}>
            <span>{tCode("reason", reason)}</span> <span class="num">{number(count)}</span>
          </a>
        ))}
      </div>
    </div>
  );
}
