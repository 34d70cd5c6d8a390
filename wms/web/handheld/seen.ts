// Questions about codes and places, answered from what was seen before when there is no network.
import { get, Refused, type Schemas } from "../shared/api";
import { site } from "../shared/site";
import { put, read } from "./store";

export type Meaning = Schemas["CodeMeanings"]["meanings"][number];
export type Row = Schemas["StockRow"];

async function ask<T>(path: string): Promise<T> {
  try {
    const found = await get<T>(path);
    void put("seen", path, found);
    return found;
  } catch (error) {
    const before = error instanceof Refused && error.code === "no_network" ? await read<T>("seen", path) : undefined;
    if (before === undefined) throw error;
    return before;
  }
}

export async function meaningsOf(code: string): Promise<readonly Meaning[]> {
  const found = await ask<Schemas["CodeMeanings"]>(`/api/v1/meanings/${encodeURIComponent(code)}?site=${encodeURIComponent(site.value)}`);
  return found.meanings;
}

/** A location by its name, or a unit with its id. */
export interface Place {
  readonly name: string;
  readonly unit: string | null;
}

/** What lies loose in a location of this site, or in a unit itself. */
export async function rowsAt({ name, unit }: Place): Promise<readonly Row[]> {
  const wanted = new URLSearchParams({ site: site.value, limit: "200", ...(unit === null ? { location: name } : { unit_id: unit }) });
  const { items } = await ask<{ items: Row[] }>(`/api/v1/stock?${wanted}`);
  return items.filter((row) => row.place === name);
}
