// Moving goods: place, article, place. A second scan of the article adds one more; the pad sets the number.
import { locale } from "../../shared/i18n";
import { site } from "../../shared/site";
import { doNow } from "../queue";
import { meaningsOf, type Meaning, type Place, type Row, rowsAt } from "../seen";
import { type Fact, type Flow, type Next, slip, type Told } from "./flow";

export interface Moving {
  readonly from: string;
  readonly rows: readonly Row[];
  readonly candidates: readonly Row[];
  readonly row: Row | null;
  readonly each: number;
  readonly quantity: number;
}

type Item = Extract<Meaning, { kind: "item" }>;
const NOTHING: Moving = { from: "", rows: [], candidates: [], row: null, each: 1, quantity: 0 };
const nameOf = (row: Row): string => row.names[locale.value] ?? row.names["en"] ?? row.sku;

async function placeOf(code: string): Promise<Place | null> {
  const found = (await meaningsOf(code)).find((one) => one.kind !== "item");
  if (found === undefined) return null;
  return found.kind === "location" ? { name: found.name, unit: null } : { name: found.sscc ?? found.label ?? "", unit: found.id };
}

async function itemOf(code: string): Promise<Item | null> {
  return (await meaningsOf(code)).find((one): one is Item => one.kind === "item") ?? null;
}

function factsOf({ row, from }: Moving): readonly Fact[] {
  const facts: Fact[] = [{ name: "move.from", value: from }];
  if (row === null) return facts;
  facts.push({ name: "move.owner", value: row.owner });
  if (row.lot !== null) facts.push({ name: "move.lot", value: [row.lot, row.expires_on].filter(Boolean).join(" · ") });
  facts.push({ name: "move.available", value: String(Number(row.available)) });
  return facts;
}

function picked(context: Moving, row: Row, each: number): Next<Moving> {
  if (Number(row.available) < each) return slip("move.too_few", { available: Number(row.available), sku: row.sku });
  return { go: "to", with: { ...context, row, each, quantity: each, candidates: [] }, feeling: "good" };
}

async function scanSource(_: Moving, code: string): Promise<Next<Moving>> {
  const place = await placeOf(code);
  if (place === null) return slip("move.no_place", { code });
  const rows = (await rowsAt(place)).filter((row) => Number(row.available) > 0);
  if (rows.length === 0) return slip("move.empty", { place: place.name });
  return { go: "item", with: { ...NOTHING, from: place.name, rows }, feeling: "good" };
}

async function scanItem(context: Moving, code: string): Promise<Next<Moving>> {
  const item = await itemOf(code);
  if (item === null) return slip("move.no_item", { code });
  const lots = context.rows.filter((row) => row.item_id === item.id && (item.lot_no === null || row.lot === item.lot_no));
  const first = lots[0];
  if (first === undefined) return slip("move.not_here", { sku: item.sku, place: context.from });
  const each = Number(item.base_quantity);
  if (lots.length === 1) return picked(context, first, each);
  return { go: "which", with: { ...context, candidates: lots, each }, feeling: "ask" };
}

async function scanTarget(context: Moving, code: string): Promise<Next<Moving>> {
  const row = context.row as Row;
  const meanings = await meaningsOf(code);
  const item = meanings.find((one): one is Item => one.kind === "item");
  if (item !== undefined) {
    if (item.id !== row.item_id) return slip("move.other_item", { sku: item.sku, wanted: row.sku });
    const quantity = context.quantity + Number(item.base_quantity);
    if (quantity > Number(row.available)) return slip("move.too_few", { available: Number(row.available), sku: row.sku });
    return { go: "to", with: { ...context, quantity }, feeling: "good" };
  }
  const to = await placeOf(code);
  if (to === null) return slip("move.no_place", { code });
  if (to.name === context.from) return slip("move.same_place", { place: to.name });
  return post(context, row, to.name);
}

async function post(context: Moving, row: Row, to: string): Promise<Next<Moving>> {
  const body = {
    owner: row.owner, sku: row.sku, lot: row.lot, serial: row.serial, account_no: row.account_no, account_line: row.account_line, customs_status: row.customs_status, condition: row.condition,
    from: context.from, to, quantity: String(context.quantity), happened_at: new Date().toISOString(),
  };
  const told: Told = { key: "move.done", params: { quantity: context.quantity, sku: row.sku, from: context.from, to } };
  const result = await doNow(`/api/v1/sites/${encodeURIComponent(site.value)}/stock/moves`, body, told);
  if (result.kind === "refused") return { wrong: result.error };
  const last = result.kind === "done" ? told : { ...told, key: "move.queued" as const };
  return { go: "from", with: NOTHING, feeling: "done", last };
}

export const MOVE: Flow<Moving> = {
  name: "flow.move",
  right: "stock.move",
  first: "from",
  begin: NOTHING,
  states: {
    from: { ask: "move.scan_from", show: () => ({ big: "", facts: [] }), scan: scanSource },
    item: {
      ask: "move.scan_item",
      show: (context) => ({ big: context.from, facts: context.rows.slice(0, 6).map((row) => ({ name: "move.here", value: `${Number(row.available)} × ${nameOf(row)}` })) }),
      scan: scanItem,
    },
    which: {
      ask: "move.which",
      show: (context) => ({ big: context.from, facts: [] }),
      choices: (context) => context.candidates.map((row) => ({
        label: [row.lot ?? "—", row.expires_on, row.owner, `${Number(row.available)}`].filter(Boolean).join(" · "),
        then: () => picked(context, row, context.each),
      })),
      scan: scanItem,
    },
    to: {
      ask: "move.scan_to",
      show: (context) => ({ big: `${context.quantity} × ${nameOf(context.row as Row)}`, facts: factsOf(context) }),
      quantity: (context) => ({ value: context.quantity, most: Number(context.row?.available ?? 0), set: (quantity) => ({ ...context, quantity }) }),
      scan: scanTarget,
    },
  },
};

