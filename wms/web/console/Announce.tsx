import { useSignal } from "@preact/signals";
import { explain, explainRow, type Schemas, upload } from "../shared/api";
import { moment, number, t, tCode } from "../shared/i18n";
import { useLoad } from "../shared/load";
import { may } from "../shared/session";
import { site } from "../shared/site";
import { SitePicker } from "./SitePicker";

type Announced = Schemas["Announced"];

/** Announce parcels from a file; what was refused is told by row, column and reason. */
export function Announce() {
  const progress = useSignal<number | null>(null);
  const problem = useSignal("");
  const result = useSignal<Announced | null>(null);
  const destination = useSignal("");
  const over = useSignal(false);
  const manifests = useLoad<Schemas["ManifestRecord"][]>(() => `/api/v1/manifests?site=${site.value}`);

  async function take(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    problem.value = "";
    result.value = null;
    progress.value = 0;
    const query = new URLSearchParams({ site: site.value });
    if (destination.value) query.set("destination", destination.value.trim().toUpperCase());
    try {
      result.value = await upload<Announced>(`/api/v1/manifests?${query}`, file, (share) => (progress.value = share));
      manifests.reload();
    } catch (error) {
      problem.value = explain(error);
    } finally {
      progress.value = null;
    }
  }

  function drop(event: DragEvent): void {
    event.preventDefault();
    over.value = false;
    void take(event.dataTransfer?.files[0]);
  }

  return (
    <div class="page">
      <h1>{t("nav.announce")}</h1>
      <SitePicker />
      {may("manifest.announce") && (
        <section
          class={`card drop ${over.value ? "over" : ""}`}
          onDragOver={(event) => { event.preventDefault(); over.value = true; }}
          onDragLeave={() => (over.value = false)}
          onDrop={drop}
        >
          <p>{t("announce.hint")}</p>
          <label class="field">
            {t("announce.destination")}
            <input value={destination} maxLength={16} onInput={(e) => (destination.value = e.currentTarget.value)} placeholder="MOW" />
          </label>
          <label class="button main file">
            {t("announce.choose")}
            <input type="file" class="hidden" accept=".csv,.xlsx,.xml,.txt" onChange={(e) => { void take(e.currentTarget.files?.[0]); e.currentTarget.value = ""; }} />
          </label>
          {progress.value !== null && (
            <div role="status">
              <progress max={1} value={progress.value < 1 ? progress.value : undefined} />{" "}
              {progress.value < 1 ? t("announce.uploading") : t("announce.checking")}
            </div>
          )}
        </section>
      )}
      {problem.value && <div class="problem" role="alert">{problem}</div>}
      {result.value && <Outcome result={result.value} />}
      <section class="card">
        <h2>{t("announce.newest")}</h2>
        {manifests.error.value ? <p class="problem">{explain(manifests.error.value)}</p> : <Manifests rows={manifests.value.value} />}
      </section>
    </div>
  );
}

function Outcome({ result }: { result: Announced }) {
  return (
    <section class="card" aria-live="polite">
      <h2>{result.filename}</h2>
      <p>
        <span class="chip good">✓ {t("announce.accepted", { count: result.accepted })}</span>{" "}
        <span class="chip plain">= {t("announce.repeated", { count: result.repeated })}</span>{" "}
        {result.refused > 0 && <span class="chip bad">✕ {t("announce.refused", { count: result.refused })}</span>}
      </p>
      <Problems rows={result.problems} />
    </section>
  );
}

function Problems({ rows }: { rows: Schemas["RowProblem"][] }) {
  if (rows.length === 0) return null;
  return (
    <div class="scroll tall">
      <table>
        <thead>
          <tr><th class="num">{t("column.row")}</th><th>{t("column.column")}</th><th>{t("column.reason")}</th></tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <td class="num">{number(row.row_no)}</td>
              <td>{tCode("field", row.column)}</td>
              <td>{explainRow(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Manifests({ rows }: { rows: Schemas["ManifestRecord"][] | null }) {
  const opened = useSignal<string | null>(null);
  const detail = useLoad<Schemas["ManifestWithProblems"]>(() => (opened.value === null ? null : `/api/v1/manifests/${opened.value}`));
  if (rows === null) return <p class="muted">{t("loading")}</p>;
  if (rows.length === 0) return <p class="muted">{t("announce.empty")}</p>;
  return (
    <>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>{t("column.time")}</th><th>{t("column.file")}</th><th>{t("column.person")}</th>
              <th class="num">{t("column.accepted")}</th><th class="num">{t("column.repeated")}</th><th class="num">{t("column.refused")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td>{moment(row.announced_at)}</td>
                <td><button class="link" onClick={() => (opened.value = row.id)}>{row.filename}</button></td>
                <td>{row.announced_by}</td>
                <td class="num">{number(row.accepted)}</td>
                <td class="num">{number(row.repeated)}</td>
                <td class="num">{number(row.refused)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {detail.value.value && opened.value === detail.value.value.id && (
        <>
          <h2>{detail.value.value.filename}: {t("announce.refused", { count: detail.value.value.refused })}</h2>
          <Problems rows={detail.value.value.problems} />
        </>
      )}
    </>
  );
}
