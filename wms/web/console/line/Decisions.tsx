import type { Schemas } from "../../shared/api";
import { clock, kilograms, number, t, tCode } from "../../shared/i18n";

type Decision = Schemas["DecisionRow"];

/** The last hundred decisions, newest first, each with its milliseconds and its reason. */
export function Decisions({ decisions }: { decisions: Decision[] }) {
  if (decisions.length === 0) return <p class="muted">{t("line.no_decision")}</p>;
  return (
    <div class="scroll decisions">
      <table>
        <thead>
          <tr>
            <th>{t("column.time")}</th>
            <th>{t("column.code")}</th>
            <th>{t("column.destination")}</th>
            <th class="num">{t("column.weight")}</th>
            <th>{t("column.chute")}</th>
            <th>{t("column.outcome")}</th>
            <th class="num">{t("unit.ms")}</th>
          </tr>
        </thead>
        <tbody>
          {decisions.map((one) => (
            <tr key={one.tid}>
              <td>{clock(one.at)}</td>
              <td>
                <a href={`#/code/${encodeURIComponent(one.waybill_no ?? one.tid)}`}>{one.waybill_no ?? one.code ?? t("line.unread")}</a>
              </td>
              <td>{one.destination ?? "—"}</td>
              <td class="num">{kilograms(one.weight_g)}</td>
              <td>{one.actual ?? one.chute ?? "↻"}</td>
              <td><Outcome one={one} /></td>
              <td class="num">{number(one.decided_ms, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Outcome({ one }: { one: Decision }) {
  const reason = one.result_reason ?? one.reason;
  if (one.result === "on_line") return <span class="chip plain">→ {reason === "OK" ? t("line.on_its_way") : tCode("reason", reason)}</span>;
  if (one.result === "sorted") return <span class="chip good">✓ {tCode("reason", reason)}</span>;
  return <span class="chip warn">▲ {tCode("reason", reason)}</span>;
}
