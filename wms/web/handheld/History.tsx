import { clock, t, tCode } from "../shared/i18n";
import { feelingOf, type Outcome, type Scan, scans } from "./scans";

const MARKS = { good: "✓", done: "✓", wrong: "✕", ask: "▲" } as const;

/** The scans before the present one: a worker who was called away finds the way back. */
export function History() {
  const earlier = scans.value.slice(1);
  if (earlier.length === 0) return null;
  return (
    <section class="history">
      <h2>{t("hand.last_scans")}</h2>
      <ol>
        {earlier.map((one) => <Row key={one.id} scan={one} />)}
      </ol>
    </section>
  );
}

function Row({ scan }: { scan: Scan }) {
  const feeling = feelingOf(scan.outcome);
  return (
    <li class={feeling ?? ""}>
      <i aria-hidden="true">{feeling === null ? "…" : MARKS[feeling]}</i>
      <span class="when">{clock(scan.at.toISOString())}</span>
      <span class="what">{scan.code}</span>
      <span class="so">{inShort(scan.outcome)}</span>
    </li>
  );
}

function inShort(outcome: Outcome): string {
  switch (outcome.kind) {
    case "parcel":
      return tCode("todo", outcome.parcel.todo);
    case "bag":
      return tCode("todo", outcome.bag.todo);
    case "open_bag":
      return t("bag.open");
    case "closed":
      return t("hand.bag_done", { parcels: outcome.closed.parcels });
    case "looking":
      return t("hand.looking");
    default:
      return t("hand.wrong");
  }
}
