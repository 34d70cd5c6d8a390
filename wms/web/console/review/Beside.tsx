// Beside the picture: what was declared, what was weighed, what machines and analyses say.
import { kilograms, number, percent, t, tCode } from "../../shared/i18n";
import type { Schemas } from "../../shared/api";

type Task = Schemas["ReviewTask"];
type Finding = Schemas["FindingRecord"];

export function Declared({ task }: { task: Task }) {
  const told = task.declaration;
  const facts: [string, string][] = [
    [t("review.goods"), told.goods ?? "—"],
    [t("review.hs"), [told.hs_code ?? "—", told.group === null ? "" : tCode("goods", told.group)].filter(Boolean).join(" · ")],
    [t("review.consignee"), told.consignee ?? "—"],
    [t("column.destination"), told.destination ?? "—"],
    [t("parcel.declared"), kilograms(told.declared_weight_g)],
    [t("parcel.measured"), kilograms(told.measured_weight_g)],
    [t("review.history"), t("review.history_told", { scans: told.earlier_scans, found: told.earlier_found })],
  ];
  return (
    <section>
      <h2>{told.waybill_no ?? t("line.unread")}</h2>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
      </dl>
    </section>
  );
}

/** Kind, score and mass of a finding, short enough for a box. */
export function titleOf(one: Finding): string {
  const mass = one.mass_g === null ? "" : ` ${t("unit.grams", { value: number(one.mass_g) })}`;
  return `${tCode("finding", one.kind)}${mass}`;
}

export function Findings({ task, chosen }: { task: Task; chosen: number }) {
  return (
    <section>
      <h2>{t("review.findings")}</h2>
      {task.findings.length === 0 && <p class="muted">{t("review.no_findings")}</p>}
      <ul class="findings">
        {task.findings.map((one, index) => (
          <li key={index} aria-current={index === chosen ? "true" : undefined}>
            <strong>{one.is_alarm ? "▲ " : ""}{titleOf(one)}</strong>
            <span class="muted">
              {[
                one.density === null ? "" : t("unit.density", { value: number(one.density, 2) }),
                one.z_eff === null ? "" : `Z ${number(one.z_eff, 1)}`,
                number(one.score, 2),
                one.source === "machine" ? t("review.by_machine") : "",
                calibration(one),
              ].filter(Boolean).join(" · ")}
            </span>
          </li>
        ))}
      </ul>
      {task.no_model && <p class="muted">{t("review.no_model")}</p>}
    </section>
  );
}

/** Where a threshold comes from; without one a finding never alarms. */
function calibration(one: Finding): string {
  const told = one.calibration as { pfa?: number; n?: number; dataset?: string } | null;
  if (told === null || told.pfa === undefined) return one.source === "analysis" && !one.is_alarm ? t("review.no_threshold") : "";
  return t("review.calibrated", { pfa: percent(told.pfa), n: told.n ?? 0, dataset: told.dataset ?? "" });
}
