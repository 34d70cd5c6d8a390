// Picking: a tote, then stop after stop the place, the article as often as wanted, and the tote again as the check.
import { get, type Schemas, send } from "../../shared/api";
import { site } from "../../shared/site";
import { doNow } from "../queue";
import { meaningsOf, type Meaning } from "../seen";
import { type Flow, type Next, slip, type Told } from "./flow";

type Pick = Schemas["PickView"];
type Item = Extract<Meaning, { kind: "item" }>;

export interface Picking {
  readonly tote: string;
  readonly picks: readonly Pick[]; // along the walk; the first is the present one
  readonly quantity: number;
}

const NOTHING: Picking = { tote: "", picks: [], quantity: 0 };
const left = (pick: Pick): number => Number(pick.quantity) - Number(pick.picked);

function present(context: Picking): Pick {
  const pick = context.picks[0];
  if (pick === undefined) throw new Error("no pick");
  return pick;
}

/** The next list of work for this tote, downloaded whole: the walk needs no network. */
async function take(tote: string, last?: Told): Promise<Next<Picking>> {
  const { task } = await send<Schemas["Taken"]>("POST", "/api/v1/tasks/take", { site: site.value, kinds: ["pick"] });
  const list = task?.document_id == null ? null : await get<Schemas["PickListView"]>(`/api/v1/pick-lists/${task.document_id}`);
  const picks = (list?.picks ?? []).filter((one) => one.state === "open" && left(one) > 0).sort((a, b) => (a.stop ?? 0) - (b.stop ?? 0));
  if (picks.length > 0) return { go: "place", with: { tote, picks, quantity: 0 }, feeling: "good", ...(last && { last }) };
  if (last === undefined) return slip("pick.none");
  return { go: "tote", with: NOTHING, feeling: "done", last };
}

async function scanPlace(context: Picking, code: string): Promise<Next<Picking>> {
  const pick = present(context);
  const wanted = pick.unit ?? pick.location;
  const found = (await meaningsOf(code)).some((one) => (one.kind === "location" ? one.name === wanted : one.kind === "unit" && (one.sscc === wanted || one.label === wanted)));
  return found ? { go: "item", with: { ...context, quantity: 0 }, feeling: "good" } : slip("pick.other_place", { code, wanted });
}

async function scanItem(context: Picking, code: string): Promise<Next<Picking>> {
  const pick = present(context);
  if (code === context.tote) return context.quantity > 0 ? confirm(context, pick) : slip("pick.nothing_yet", { sku: pick.sku });
  const item = (await meaningsOf(code)).find((one): one is Item => one.kind === "item");
  if (item === undefined || item.id !== pick.item_id) return slip("pick.other_item", { code, wanted: pick.sku });
  if (item.lot_no !== null && pick.lot_no !== null && item.lot_no !== pick.lot_no) return slip("pick.other_lot", { lot: item.lot_no, wanted: pick.lot_no });
  const quantity = context.quantity + Number(item.base_quantity);
  if (quantity > left(pick)) return slip("pick.too_many", { most: left(pick), sku: pick.sku });
  return { go: "item", with: { ...context, quantity }, feeling: quantity === left(pick) ? "ask" : "good" };
}

async function confirm(context: Picking, pick: Pick): Promise<Next<Picking>> {
  const body = { location: pick.location, item: pick.sku, quantity: String(context.quantity), tote: context.tote, lot_no: pick.lot_no, serial_no: pick.serial_no };
  const told: Told = { key: "pick.done", params: { quantity: context.quantity, sku: pick.sku, tote: context.tote } };
  const result = await doNow(`/api/v1/picks/${pick.id}/confirm`, body, told);
  if (result.kind === "refused") return { wrong: result.error };
  const last = result.kind === "done" ? told : { ...told, key: "pick.queued" as const };
  const rest = left(pick) - context.quantity;
  const again = rest > 0 ? [{ ...pick, picked: String(Number(pick.picked) + context.quantity) }] : [];
  return onward({ ...context, picks: [...again, ...context.picks.slice(1)], quantity: 0 }, last);
}

async function short(context: Picking): Promise<Next<Picking>> {
  const pick = present(context);
  await send("POST", `/api/v1/picks/${pick.id}/short`);
  return onward({ ...context, picks: context.picks.slice(1), quantity: 0 }, { key: "pick.was_short", params: { sku: pick.sku, place: pick.location } });
}

async function onward(context: Picking, last: Told): Promise<Next<Picking>> {
  return context.picks.length > 0 ? { go: "place", with: context, feeling: "done", last } : take(context.tote, last);
}

function about(context: Picking) {
  const pick = present(context);
  return [
    { name: "pick.article" as const, value: pick.sku },
    { name: "pick.tote" as const, value: context.tote },
    { name: "pick.wanted" as const, value: String(left(pick)) },
    ...(pick.lot_no === null ? [] : [{ name: "move.lot" as const, value: pick.lot_no }]),
    { name: "pick.stops" as const, value: String(new Set(context.picks.map((one) => one.location)).size) },
  ];
}

export const PICK: Flow<Picking> = {
  name: "flow.pick",
  right: "pick.work",
  first: "tote",
  begin: NOTHING,
  states: {
    tote: { ask: "pick.scan_tote", show: () => ({ big: "", facts: [] }), scan: (_, code) => take(code) },
    place: {
      ask: "pick.go_to",
      show: (context) => ({ big: present(context).unit ?? present(context).location, facts: about(context) }),
      scan: scanPlace,
    },
    item: {
      ask: "pick.scan_item",
      show: (context) => ({ big: `${context.quantity} / ${left(present(context))} × ${present(context).sku}`, facts: about(context) }),
      choices: (context) => [{ label: "pick.short", then: () => short(context) }],
      quantity: (context) => ({ value: context.quantity, most: left(present(context)), set: (quantity) => ({ ...context, quantity }) }),
      scan: scanItem,
    },
  },
};
