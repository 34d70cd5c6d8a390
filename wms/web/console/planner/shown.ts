// What the parts of the planner's desk share: which departures are lit, and how instants and states are written.
import { signal } from "@preact/signals";
import { Refused, explain, type Schemas } from "../../shared/api";
import { type Key, locale, t, tCode } from "../../shared/i18n";

export type Job = Schemas["JobRecord"];
export type Proposal = Schemas["ProposalRecord"];
export type Departure = Schemas["DepartureLine"];
export type ShipmentLine = Schemas["ShipmentLine"];

/** Departures of the route that is pointed at; everything that draws one of them lights it. */
export const lit = signal<ReadonlySet<string>>(new Set());

export const light = (names: readonly string[]): void => void (lit.value = new Set(names));

const STATES: Record<string, Key> = {
  queued: "planner.state_queued",
  running: "planner.state_running",
  done: "planner.state_done",
  failed: "planner.state_failed",
  cancelled: "planner.state_cancelled",
  open: "planner.state_open",
  accepted: "planner.state_accepted",
  rejected: "planner.state_rejected",
  replaced: "planner.state_replaced",
};

export function stateWord(state: string): string {
  const key = STATES[state];
  return key === undefined ? state : t(key);
}

/** Local wall time as the server wrote it: of the hub, not of the reader. */
export function hubTime(iso: string | null): string {
  if (iso === null) return "—";
  const wall = new Date(`${iso.slice(0, 16)}:00Z`);
  return wall.toLocaleString(locale.value, { dateStyle: "short", timeStyle: "short", timeZone: "UTC", hourCycle: "h23" });
}

interface Fault {
  readonly file: string;
  readonly row: number;
  readonly column: string;
  readonly code: string;
  readonly params: Record<string, unknown>;
}

/** Every fault of a refused file as a sentence; one sentence for any other refusal. */
export function complaints(error: unknown): string[] {
  const faults = error instanceof Refused ? (error.params["faults"] as Fault[] | undefined) : undefined;
  if (!faults?.length) return [explain(error)];
  return faults.map(({ file, row, column, code, params }) => {
    const said = tCode("planfault", code, params);
    return row > 0 ? t("plan.fault", { file, row: String(row), column: column || "—", said }) : t("plan.file_fault", { file, said });
  });
}
