import { useSignal } from "@preact/signals";
import { get, type Schemas, send } from "../../shared/api";
import { moment, t } from "../../shared/i18n";
import { useLoad } from "../../shared/load";
import { may } from "../../shared/session";
import { complaints } from "./shown";

const TABLES = ["hubs", "units", "dwell", "services", "holidays"] as const;

/** The tables of the network: the newest version as CSV, and a new version from a changed CSV. */
export function Tables() {
  const versions = useLoad<Schemas["NetworkRecord"][]>(() => "/api/v1/transport-networks");
  const said = useSignal<string[]>([]);
  const newest = versions.value.value?.[0];

  async function download(table: string): Promise<void> {
    if (newest === undefined) return;
    const { tables } = await get<Schemas["NetworkTables"]>(`/api/v1/transport-networks/${newest.version}`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([tables[table] ?? ""], { type: "text/csv" }));
    link.download = `${table}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  async function save(table: string, file: File | undefined): Promise<void> {
    if (file === undefined) return;
    said.value = [];
    try {
      const text = await file.text();
      const saved = await send<Schemas["NetworkRecord"]>("POST", "/api/v1/transport-networks", { tables: { [table]: text }, note: file.name.slice(0, 200) });
      said.value = [t("planner.version_saved", { version: saved.version })];
      versions.reload();
    } catch (error) {
      said.value = complaints(error);
    }
  }

  return (
    <details class="card">
      <summary>{t("planner.tables")}</summary>
      {newest !== undefined && <p class="muted">{t("planner.version", { version: newest.version, person: newest.saved_by, time: moment(newest.saved_at) })}</p>}
      {TABLES.map((table) => (
        <div class="inline" key={table}>
          <code>{table}.csv</code>
          <button class="button" onClick={() => void download(table)}>{t("planner.download")}</button>
          {may("timetable.write") && (
            <label class="button file">
              {t("planner.replace")}
              <input type="file" class="hidden" accept=".csv" data-table={table} onChange={(e) => { void save(table, e.currentTarget.files?.[0]); e.currentTarget.value = ""; }} />
            </label>
          )}
        </div>
      ))}
      {said.value.length > 0 && <ul class="faults" role="status">{said.value.map((one) => <li key={one}>{one}</li>)}</ul>}
    </details>
  );
}
