import { explain, type Schemas } from "../shared/api";
import { moment, number, t, tCode } from "../shared/i18n";
import { useLoad } from "../shared/load";

/** Messages from machines that could not be events: kept, visible, for a technician. */
export function Parked() {
  const rows = useLoad<Schemas["ParkedRow"][]>(() => "/api/v1/parked");
  return (
    <div class="page">
      <h1>{t("nav.parked")}</h1>
      <p class="muted">{t("parked.hint")}</p>
      <div class="inline"><button class="button" onClick={rows.reload}>{t("reload")}</button></div>
      {rows.error.value ? <p class="problem">{explain(rows.error.value)}</p> : <Table rows={rows.value.value} />}
    </div>
  );
}

function Table({ rows }: { rows: Schemas["ParkedRow"][] | null }) {
  if (rows === null) return <p class="muted">{t("loading")}</p>;
  if (rows.length === 0) return <p class="muted">{t("parked.empty")}</p>;
  return (
    <div class="scroll card">
      <table>
        <thead>
          <tr>
            <th>{t("column.time")}</th><th>{t("column.reason")}</th><th>{t("parked.topic")}</th>
            <th class="num">{t("parked.times")}</th><th class="num">{t("parked.bytes")}</th><th>{t("parked.start")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{moment(row.at)}</td>
              <td>{tCode("message", row.code)} <span class="muted">{row.detail}</span></td>
              <td><code>{row.topic}</code></td>
              <td class="num">{number(row.times)}</td>
              <td class="num">{number(row.size_bytes)}</td>
              <td><code class="raw">{row.text.slice(0, 160)}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
