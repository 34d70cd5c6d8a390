import { useComputed, useSignal } from "@preact/signals";
import { explain, get, type Schemas } from "../shared/api";
import { clock, kilograms, moment, t, tCode } from "../shared/i18n";
import { useLoad } from "../shared/load";
import { site } from "../shared/site";
import { go, route } from "./route";
import { SitePicker } from "./SitePicker";

type Row = Schemas["ParcelRow"];
const PAGE = 100;
const STATES = ["announced", "on_line", "sorted", "exception", "bagged"] as const;

/** Parcels of a site by state and reason, newest change first. */
export function Parcels() {
  const state = useComputed(() => route.value.rest[0] ?? "exception");
  const reason = useComputed(() => route.value.rest[1] ?? "");
  const path = useComputed(() => {
    const query = new URLSearchParams({ site: site.value, state: state.value });
    if (reason.value) query.set("reason", reason.value);
    return `/api/v1/parcels?${query}`;
  });
  const rows = useLoad<Row[]>(() => path.value);
  return (
    <div class="page">
      <h1>{t("nav.parcels")}</h1>
      <SitePicker />
      <div class="inline" role="group" aria-label={t("column.state")}>
        {STATES.map((one) => (
          <button key={one} class="button" aria-pressed={state.value === one} onClick={() => go("parcels", one)}>
            {tCode("state", one)}
          </button>
        ))}
        {reason.value && (
          <button class="button" onClick={() => go("parcels", state.value)}>✕ {tCode("reason", reason.value)}</button>
        )}
        <button class="button" onClick={rows.reload}>{t("reload")}</button>
        <span class="muted">{rows.at.value && t("list.sorted_newest", { time: clock(rows.at.value.toISOString()) })}</span>
      </div>
      {rows.error.value ? <p class="problem">{explain(rows.error.value)}</p> : <Pages key={`${path.value} ${rows.at.value?.getTime()}`} path={path.value} first={rows.value.value} />}
    </div>
  );
}

/** The first page and what was asked for after it. */
function Pages({ path, first }: { path: string; first: Row[] | null }) {
  const later = useSignal<Row[]>([]);
  const ended = useSignal(false);
  const problem = useSignal("");
  const rows = first === null ? null : [...first, ...later.value];
  const last = rows?.at(-1);

  async function more(after: Row): Promise<void> {
    problem.value = "";
    const query = new URLSearchParams({ before: after.state_at, before_id: after.id });
    try {
      const page = await get<Row[]>(`${path}&${query}`);
      later.value = [...later.value, ...page];
      ended.value = page.length === 0;
    } catch (error) {
      problem.value = explain(error);
    }
  }

  return (
    <>
      <Table rows={rows} />
      {problem.value && <p class="problem" role="alert">{problem}</p>}
      {last !== undefined && rows !== null && rows.length >= PAGE && !ended.value && (
        <div class="inline">
          <button class="button" onClick={() => void more(last)}>{t("list.more")}</button>
          <span class="muted">{t("list.shown", { count: rows.length })}</span>
        </div>
      )}
    </>
  );
}

function Table({ rows }: { rows: Row[] | null }) {
  if (rows === null) return <p class="muted">{t("loading")}</p>;
  if (rows.length === 0) return <p class="muted">{t("list.empty")}</p>;
  return (
    <div class="scroll card">
      <table>
        <thead>
          <tr>
            <th>{t("column.time")}</th><th>{t("column.code")}</th><th>{t("column.destination")}</th>
            <th>{t("column.state")}</th><th>{t("column.reason")}</th>
            <th class="num">{t("parcel.declared")}</th><th class="num">{t("parcel.measured")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{moment(row.state_at)}</td>
              <td>
                <a href={row.waybill_no === null ? `#/parcel/${row.id}` : `#/code/${encodeURIComponent(row.waybill_no)}`}>
                  {row.waybill_no ?? t("line.unread")}
                </a>
              </td>
              <td>{[row.destination, row.service].filter(Boolean).join(" ") || "—"}</td>
              <td>{row.hold && <span class="chip bad">■ {t("parcel.hold")}</span>} {tCode("state", row.state)}</td>
              <td>{row.reason === null ? "" : tCode("reason", row.reason)}</td>
              <td class="num">{kilograms(row.declared_weight_g)}</td>
              <td class="num">{kilograms(row.measured_weight_g)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
