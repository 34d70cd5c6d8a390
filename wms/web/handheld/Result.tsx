import type { ComponentChildren } from "preact";
import { explain, Refused, type Schemas } from "../shared/api";
import { clock, kilograms, t, tCode } from "../shared/i18n";
import { placeName } from "../shared/places";
import { may } from "../shared/session";
import { BigText } from "./BigText";
import type { Feeling } from "./feedback";
import { closeBag, feelingOf, type Scan } from "./scans";

const MARKS: Record<Feeling, string> = { good: "✓", done: "✓✓", wrong: "✕", ask: "▲" };

/** The newest scan: what it is, and biggest of all what to do with it. */
export function Result({ scan }: { scan: Scan }) {
  const feeling = feelingOf(scan.outcome);
  return (
    <section class={`result ${feeling ?? ""}`} aria-live="assertive">
      <p class="next">{feeling === "wrong" ? t("hand.scan_again") : t("hand.next")}</p>
      <p class="code">{feeling !== null && <i aria-hidden="true">{MARKS[feeling]}</i>} {scan.code}</p>
      <Told scan={scan} />
    </section>
  );
}

function Told({ scan }: { scan: Scan }) {
  const { outcome } = scan;
  switch (outcome.kind) {
    case "looking":
      return <BigText text={t("hand.looking")} />;
    case "parcel":
      return <Parcel parcel={outcome.parcel} />;
    case "bag":
      return (
        <Bag todo={tCode("todo", outcome.bag.todo)} destination={outcome.bag.destination} parcels={outcome.bag.parcels} weight={outcome.bag.weight_g}>
          {outcome.bag.place !== null && <Fact name={t("column.place")}>{placeName(outcome.bag.place)}</Fact>}
        </Bag>
      );
    case "open_bag":
      return (
        <Bag todo={t("hand.open_bag", { chute: outcome.bag.chute })} destination={outcome.bag.destination} parcels={outcome.bag.parcels} weight={outcome.bag.weight_g}>
          {may("bag.close") && <button class="button main" onClick={() => void closeBag(outcome.bag)}>{t("bag.close")}</button>}
        </Bag>
      );
    case "closed":
      return (
        <Bag todo={t("todo.bring_to_staging")} destination={null} parcels={outcome.closed.parcels} weight={outcome.closed.weight_g}>
          <Fact name="SSCC">{outcome.closed.sscc}</Fact>
        </Bag>
      );
    case "no_open_bag":
      return <Wrong text={t("hand.no_open_bag", { chute: outcome.chute })} />;
    case "refused":
      return <Wrong text={explain(outcome.error)} code={outcome.error instanceof Refused ? outcome.error.code : "unexpected"} />;
  }
}

function Wrong({ text, code }: { text: string; code?: string }) {
  return (
    <>
      <BigText text={t("hand.wrong")} />
      <p class="why" data-code={code}>{text}</p>
    </>
  );
}

function Parcel({ parcel }: { parcel: Schemas["ParcelView"] }) {
  const step = parcel.steps.at(-1);
  return (
    <>
      <BigText text={tCode("todo", parcel.todo)} />
      <Destination text={[parcel.destination, parcel.service].filter(Boolean).join(" ")} />
      <p class="chips">
        {parcel.hold && <span class="chip bad">■ {t("parcel.hold")}{parcel.hold_note ? `: ${parcel.hold_note}` : ""}</span>}
        {!parcel.announced && <span class="chip warn">▲ {t("parcel.unannounced")}</span>}
      </p>
      <dl>
        <Fact name={t("column.state")}>
          {tCode("state", parcel.state)}{parcel.reason !== null && ` · ${tCode("reason", parcel.reason)}`}
        </Fact>
        <Fact name={t("column.place")}>{parcel.place === null ? t("parcel.not_here") : placeName(parcel.place)}</Fact>
        {step !== undefined && <Fact name={t("hand.last_step")}>{clock(step.at)} {tCode("cause", step.cause)}</Fact>}
      </dl>
    </>
  );
}

function Bag({ todo, destination, parcels, weight, children }: {
  todo: string; destination: string | null; parcels: number; weight: number; children?: ComponentChildren;
}) {
  return (
    <>
      <BigText text={todo} />
      <Destination text={destination ?? ""} />
      <dl>
        <Fact name={t("hand.bag")}>{t("hand.parcels", { count: parcels })} · {kilograms(weight)}</Fact>
        {children}
      </dl>
    </>
  );
}

const Destination = ({ text }: { text: string }) => (text === "" ? null : <p class="destination">{text}</p>);

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div><dt>{name}</dt><dd>{children}</dd></div>
);
