import { useSignal } from "@preact/signals";
import type { Schemas } from "../../shared/api";
import { send } from "../../shared/api";
import { number, t, tCode } from "../../shared/i18n";
import { useLoad } from "../../shared/load";
import { may } from "../../shared/session";
import { go } from "../route";
import { complaints, hubTime, light, type Proposal, type ShipmentLine } from "./shown";

/** Shipments in the order of the file; one that is chosen says why it travels so, and how else it could. */
export function Shipments({ proposal }: { proposal: Proposal }) {
  const left = useSignal(false);
  const chosen = useSignal<string | null>(null);
  const cursor = useSignal<string | null>(null);
  const page = useLoad<Schemas["Page_ShipmentLine_"]>(
    () => `/api/v1/plan-proposals/${proposal.id}/shipments?limit=100&unserved=${left.value}${cursor.value === null ? "" : `&after=${cursor.value}`}`,
  );
  const rows = page.value.value;
  return (
    <section class="card">
      <h2>{t("planner.shipments")}</h2>
      <label class="inline">
        <input type="checkbox" checked={left} onChange={(e) => { left.value = e.currentTarget.checked; cursor.value = null; }} /> {t("planner.only_left")}
      </label>
      {page.error.value ? <p class="problem">{complaints(page.error.value)[0]}</p> : null}
      {chosen.value !== null && <Why key={chosen.value} proposal={proposal} shipment={chosen.value} />}
      <div class="scroll tall">
        <table>
          <thead>
            <tr>
              <th>{t("planner.shipment")}</th><th>{t("planner.way")}</th><th>{t("planner.due")}</th><th>{t("planner.arrives")}</th>
              <th class="num">{t("planner.weight")}</th><th class="num">{t("planner.volume")}</th><th class="num">{t("planner.co2")}</th>
            </tr>
          </thead>
          <tbody>{rows?.items.map((row) => <Row key={row.shipment} row={row} onChoose={() => (chosen.value = row.shipment)} />)}</tbody>
        </table>
      </div>
      {rows !== null && (rows.next || cursor.value !== null) && (
        <div class="inline">
          {cursor.value !== null && <button class="button" onClick={() => (cursor.value = null)}>{t("planner.first_page")}</button>}
          {rows.next && <button class="button" onClick={() => (cursor.value = rows.next ?? null)}>{t("planner.next_page")}</button>}
        </div>
      )}
    </section>
  );
}

function Row({ row, onChoose }: { row: ShipmentLine; onChoose: () => void }) {
  const names = row.legs.map((leg) => leg.departure);
  const way = names.length === 0 ? t("planner.left") : [row.origin, ...row.legs.map((leg) => leg.destination)].join(" → ");
  return (
    <tr onMouseEnter={() => light(names)} onMouseLeave={() => light([])}>
      <td><button class="link" onClick={onChoose}>{row.shipment}</button></td>
      <td>{way}</td>
      <td>{hubTime(row.due_at)}</td>
      <td>{hubTime(row.arrives_at)}</td>
      <td class="num">{number(row.weight_kg)}</td>
      <td class="num">{number(row.volume_m3, 1)}</td>
      <td class="num">{number(row.co2_kg)}</td>
    </tr>
  );
}

function Why({ proposal, shipment }: { proposal: Proposal; shipment: string }) {
  const why = useLoad<Schemas["ShipmentWhy"]>(() => `/api/v1/plan-proposals/${proposal.id}/why?shipment=${encodeURIComponent(shipment)}`);
  const problem = useSignal("");
  const told = why.value.value;
  async function pin(departures: string[]): Promise<void> {
    try {
      const queued = await send<Schemas["JobQueued"]>("POST", `/api/v1/plan-proposals/${proposal.id}/edits`, { moves: { [shipment]: departures } });
      go("planner", queued.id);
    } catch (error) {
      problem.value = complaints(error)[0] ?? "";
    }
  }
  if (told === null) return <p class="muted">{t("loading")}</p>;
  return (
    <div class="why" aria-live="polite">
      {told.why.filter((one) => !one.code.startsWith("other_")).map((one, index) => <p key={index}>{tCode("planwhy", one.code, one.params)}</p>)}
      {problem.value && <p class="problem" role="alert">{problem.value}</p>}
      {told.alternatives.length > 0 && (
        <table>
          <caption>{t("planner.alternatives")}</caption>
          <thead>
            <tr>
              <th>{t("planner.way")}</th><th class="num">{t("planner.more")}</th><th class="num">{t("planner.days")}</th>
              <th>{t("planner.arrives")}</th><th class="num">{t("planner.co2")}</th><th class="num">{t("planner.risk")}</th><th />
            </tr>
          </thead>
          <tbody>
            {told.alternatives.map((one) => (
              <tr key={one.departures.join()} onMouseEnter={() => light(one.departures)} onMouseLeave={() => light([])}>
                <td>{one.departures.join(" → ")}</td>
                <td class="num">{number(Number(one.more), 2)}</td>
                <td class="num">{number(one.days, 1)}</td>
                <td>{hubTime(one.arrives_at)}</td>
                <td class="num">{number(one.co2_kg)}</td>
                <td class="num">{number(one.risk_points)}</td>
                <td>{may("transport.plan") && <button class="button" onClick={() => void pin(one.departures)}>{t("planner.pin")}</button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
