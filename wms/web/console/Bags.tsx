import { useSignal } from "@preact/signals";
import { explain, type Schemas, send } from "../shared/api";
import { clock, kilograms, moment, number, t, tCode } from "../shared/i18n";
import { useLoad } from "../shared/load";
import { may } from "../shared/session";
import { site } from "../shared/site";
import { SitePicker } from "./SitePicker";

/** Bags of a site: open ones that fill, closed ones with their SSCC. */
export function Bags() {
  const open = useSignal(true);
  const problem = useSignal("");
  const rows = useLoad<Schemas["BagRow"][]>(() => `/api/v1/bags?site=${site.value}&open=${open.value}&limit=200`);
  async function close(id: string): Promise<void> {
    problem.value = "";
    try {
      await send("POST", `/api/v1/bags/${id}/close`);
      rows.reload();
    } catch (error) {
      problem.value = explain(error);
    }
  }
  return (
    <div class="page">
      <h1>{t("nav.bags")}</h1>
      <SitePicker />
      <div class="inline" role="group" aria-label={t("column.state")}>
        <button class="button" aria-pressed={open} onClick={() => (open.value = true)}>{t("bag.open_ones")}</button>
        <button class="button" aria-pressed={!open.value} onClick={() => (open.value = false)}>{t("bag.closed_ones")}</button>
        <button class="button" onClick={rows.reload}>{t("reload")}</button>
        <span class="muted">{rows.at.value && t("list.sorted_newest", { time: clock(rows.at.value.toISOString()) })}</span>
      </div>
      {problem.value && <p class="problem" role="alert">{problem}</p>}
      {rows.error.value ? <p class="problem">{explain(rows.error.value)}</p> : <Table rows={rows.value.value} onClose={may("bag.close") ? close : null} />}
    </div>
  );
}

function Table({ rows, onClose }: { rows: Schemas["BagRow"][] | null; onClose: ((id: string) => Promise<void>) | null }) {
  if (rows === null) return <p class="muted">{t("loading")}</p>;
  if (rows.length === 0) return <p class="muted">{t("list.empty")}</p>;
  return (
    <div class="scroll card">
      <table>
        <thead>
          <tr>
            <th>SSCC</th><th>{t("column.chute")}</th><th>{t("column.destination")}</th>
            <th class="num">{t("column.parcels")}</th><th class="num">{t("column.weight")}</th>
            <th>{t("bag.opened")}</th><th>{t("bag.closed")}</th><th />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{row.sscc === null ? <span class="muted">{t("bag.open")}</span> : <a href={`#/code/${row.sscc}`}>{row.sscc}</a>}</td>
              <td>{row.chute}</td>
              <td>{row.destination ?? "—"}</td>
              <td class="num">{number(row.parcels)}</td>
              <td class="num">{kilograms(row.weight_g)}</td>
              <td>{moment(row.opened_at)}</td>
              <td>{row.closed_at === null ? "—" : `${moment(row.closed_at)} · ${tCode("close", row.close_reason ?? "")}`}</td>
              <td>{onClose !== null && row.closed_at === null && <button class="button" onClick={() => void onClose(row.id)}>{t("bag.close")}</button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
