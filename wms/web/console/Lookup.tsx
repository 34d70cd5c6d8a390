import { useComputed, useSignal } from "@preact/signals";
import { explain, Refused, type Schemas, send } from "../shared/api";
import { kilograms, moment, number, t, tCode } from "../shared/i18n";
import { useLoad } from "../shared/load";
import { placeName } from "../shared/places";
import { may } from "../shared/session";
import { route } from "./route";

type Found = Schemas["ParcelView"] | Schemas["BagFound"];

/** Whatever a code names: where it is, how it came there, what to do. `#/parcel/…` is for parcels that nobody could read. */
export function Lookup() {
  const code = useComputed(() => route.value.rest.join("/"));
  const found = useLoad<Found>(() => `/api/v1/${route.value.page === "parcel" ? "parcels" : "codes"}/${encodeURIComponent(code.value)}`);
  if (found.error.value) {
    const unknown = found.error.value instanceof Refused && found.error.value.code === "unknown_parcel";
    return (
      <div class="page">
        <h1>{code}</h1>
        <p class="problem">{explain(found.error.value)}</p>
        {unknown && <p class="muted">{t("search.unknown_hint")}</p>}
      </div>
    );
  }
  const value = found.value.value;
  if (value === null) return <p class="muted">{t("loading")}</p>;
  return value.kind === "parcel" ? <Parcel parcel={value} reload={found.reload} /> : <Bag bag={value} />;
}

function Parcel({ parcel, reload }: { parcel: Schemas["ParcelView"]; reload: () => void }) {
  const facts: [string, string][] = [
    [t("column.state"), `${tCode("state", parcel.state)}${parcel.reason ? ` · ${tCode("reason", parcel.reason)}` : ""}`],
    [t("column.place"), parcel.place === null ? t("parcel.not_here") : placeName(parcel.place)],
    [t("column.destination"), [parcel.destination, parcel.service].filter(Boolean).join(" ") || "—"],
    [t("parcel.goods"), [parcel.goods, parcel.hs_code].filter(Boolean).join(" · ") || "—"],
    [t("parcel.declared"), kilograms(parcel.declared_weight_g)],
    [t("parcel.measured"), kilograms(parcel.measured_weight_g)],
    [t("parcel.consignee"), [parcel.consignee_name, parcel.consignee_phone].filter(Boolean).join(" · ") || "—"],
    [t("site"), parcel.site],
  ];
  return (
    <div class="page">
      <h1>{parcel.waybill_no ?? t("line.unread")}</h1>
      <p class="next">
        {parcel.hold && <span class="chip bad">■ {t("parcel.hold")} {parcel.hold_note}</span>}{" "}
        {!parcel.announced && <span class="chip warn">▲ {t("parcel.unannounced")}</span>}{" "}
        <strong>→ {tCode("todo", parcel.todo)}</strong>
      </p>
      {may("parcel.hold") && <Hold parcel={parcel} reload={reload} />}
      <section class="card facts">
        {facts.map(([name, value]) => (
          <div key={name}><span class="muted">{name}</span><span>{value}</span></div>
        ))}
      </section>
      <section class="card">
        <h2>{t("parcel.journal")}</h2>
        {parcel.steps.length === 0 ? (
          <p class="muted">{t("parcel.no_step")}</p>
        ) : (
          <ol class="steps">
            {parcel.steps.map((step, index) => (
              <li key={index}>
                <span class="muted">{moment(step.at)}</span> {tCode("cause", step.cause)}: {placeName(step.from_name)} → <strong>{placeName(step.to_name)}</strong>
              </li>
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}

function Hold({ parcel, reload }: { parcel: Schemas["ParcelView"]; reload: () => void }) {
  const note = useSignal("");
  const problem = useSignal("");
  async function change(event: Event): Promise<void> {
    event.preventDefault();
    problem.value = "";
    try {
      await send("POST", `/api/v1/parcels/${parcel.id}/hold`, { hold: !parcel.hold, note: note.value });
      note.value = "";
      reload();
    } catch (error) {
      problem.value = explain(error);
    }
  }
  return (
    <form class="inline" onSubmit={change}>
      <input aria-label={t("parcel.instruction")} placeholder={t("parcel.instruction")} value={note} maxLength={200} required onInput={(e) => (note.value = e.currentTarget.value)} />
      <button class="button">{parcel.hold ? t("parcel.release") : t("parcel.set_hold")}</button>
      {problem.value && <span class="problem">{problem}</span>}
    </form>
  );
}

function Bag({ bag }: { bag: Schemas["BagFound"] }) {
  const facts: [string, string][] = [
    [t("column.chute"), `${bag.line} ${bag.chute}`],
    [t("column.place"), bag.place === null ? "—" : placeName(bag.place)],
    [t("column.destination"), bag.destination ?? "—"],
    [t("column.parcels"), number(bag.parcels)],
    [t("column.weight"), kilograms(bag.weight_g)],
    [t("bag.opened"), moment(bag.opened_at)],
    [t("bag.closed"), bag.closed_at === null ? "—" : moment(bag.closed_at)],
  ];
  return (
    <div class="page">
      <h1>{bag.sscc === null ? t("bag.open") : `(00) ${bag.sscc}`}</h1>
      <p class="next"><strong>→ {tCode("todo", bag.todo)}</strong></p>
      <section class="card facts">
        {facts.map(([name, value]) => (
          <div key={name}><span class="muted">{name}</span><span>{value}</span></div>
        ))}
      </section>
    </div>
  );
}
