// The review station: the picture takes everything, the keys decide, and the clock of the belt runs.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { explain, type Schemas, send } from "../../shared/api";
import { locale, t, tCode } from "../../shared/i18n";
import { Declared, Findings, titleOf } from "./Beside";
import { Countdown } from "./Countdown";
import { cutSlices, type Filter, FILTERS, type Look, loadPlane, maximum, paint, type Plane } from "./pixels";
import { type Camera, type Mark, Viewer } from "./Viewer";

type Task = Schemas["ReviewTask"];
type Decision = Schemas["Decide"]["decision"];
type Category = NonNullable<Schemas["Decide"]["category"]>;
type Tool = NonNullable<Schemas["Decide"]["tools"]>[number];
type Box = readonly [number, number, number, number];
const CATEGORIES: readonly Category[] = ["explosive", "weapon", "drugs", "contraband", "dutiable", "misdeclared", "shield", "other"];
const ASK_AGAIN_MS = 3000;
const WHOLE: Camera = { zoom: 1, x: 0.5, y: 0.5 };

interface Desk {
  readonly task: Task;
  readonly view: Plane | null;
  readonly slices: readonly Plane[];
  readonly until: number;
}

async function loadDesk(task: Task, began: number): Promise<Desk> {
  const path = `/api/v1/inspection/reviews/${task.id}`;
  const [view, sheet] = await Promise.all([
    task.has_view ? loadPlane(`${path}/view.png`) : null,
    task.has_volume ? loadPlane(`${path}/volume.png`) : null,
  ]);
  const slices = sheet !== null && task.layout !== null ? cutSlices(sheet, task.layout) : [];
  return { task, view, slices, until: began + task.left_s * 1000 };
}

export function Review() {
  const desk = useSignal<Desk | null>(null);
  const waiting = useSignal(0);
  const problem = useSignal("");
  const last = useSignal("");
  const working = useSignal(true);
  const turn = useSignal(0);

  useEffect(() => {
    let current = true;
    let timer = 0;
    async function take(): Promise<void> {
      try {
        const began = performance.now();
        const told = await send<Schemas["TakenReview"]>("POST", "/api/v1/inspection/reviews/take");
        const loaded = told.review === null ? null : await loadDesk(told.review, began);
        if (!current) return;
        waiting.value = told.waiting;
        desk.value = loaded;
        problem.value = "";
        working.value = false;
        if (loaded === null) timer = window.setTimeout(() => void take(), ASK_AGAIN_MS);
      } catch (error) {
        if (!current) return;
        desk.value = null;
        working.value = false;
        problem.value = explain(error);
        timer = window.setTimeout(() => void take(), ASK_AGAIN_MS);
      }
    }
    void take();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [turn.value]);

  async function decide(body: Schemas["Decide"]): Promise<void> {
    if (desk.value === null || working.value) return;
    working.value = true;
    try {
      const told = await send<Schemas["Decided"]>("POST", `/api/v1/inspection/reviews/${desk.value.task.id}/decide`, body);
      last.value = told.projection ? t(told.projection.hit ? "review.projected_hit" : "review.projected_missed")
        : told.verdict === null ? t("review.once_more") : `${tCode("verdict", told.verdict)} · ${tCode("because", told.reason)}`;
      turn.value++;
    } catch (error) {
      problem.value = explain(error);
      working.value = false;
      if ((error as { code?: string }).code !== "box_missing") turn.value++;
    }
  }

  return (
    <div class="review">
      <div class="review-head">
        <h1>{t("nav.review")}</h1>
        <span class="muted">{t("review.waiting", { count: waiting.value })}</span>
        <span class="last" role="status">{last}</span>
      </div>
      {problem.value && <p class="problem" role="alert">{problem}</p>}
      {desk.value === null
        ? <p class="empty">{working.value ? t("loading") : t("review.empty")}</p>
        : <Station key={desk.value.task.id} desk={desk.value} working={working.value} decide={decide} onLate={() => turn.value++} />}
    </div>
  );
}

interface StationProps {
  readonly desk: Desk;
  readonly working: boolean;
  decide(body: Schemas["Decide"]): Promise<void>;
  onLate(): void;
}

/** What one picture is looked at with. Everything starts afresh with the next. */
function Station({ desk, working, decide, onLate }: StationProps) {
  const { task } = desk;
  const filter = useSignal<Filter>("colour");
  const slice = useSignal(Math.floor(desk.slices.length / 2));
  const projects = useSignal(true);
  const chosen = useSignal(-1);
  const boxes = useSignal<readonly Box[]>([]);
  const category = useSignal<Category>("other");
  const camera = useSignal<Camera>(WHOLE);
  const tools = useSignal<ReadonlySet<Tool>>(new Set<Tool>());
  const painted = useSignal(false);
  const use = (tool: Tool): void => void (tools.value = new Set([...tools.value, tool]));

  const view = useMemo(() => (desk.view === null ? null : paint(desk.view, lookOf(filter.value, false), false)), [desk, filter.value]);
  const volume = useMemo(() => {
    if (desk.slices.length === 0) return null;
    const plane = projects.value ? maximum(desk.slices) : (desk.slices[slice.value] as Plane);
    return paint(plane, lookOf(filter.value, true), true);
  }, [desk, filter.value, projects.value, slice.value]);
  const marks = useMemo(() => marksOf(desk, boxes.value), [desk, boxes.value, locale.value]);

  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      send("POST", `/api/v1/inspection/reviews/${task.id}/painted`).then(() => (painted.value = true)).catch(onLate);
    });
    return () => cancelAnimationFrame(frame);
  }, [task.id]);

  function end(decision: Decision): void {
    if (!painted.value) return;
    const suspect = decision === "suspect" || decision === "escalate";
    const size = sizeOf(desk);
    const drawn = boxes.value.map(([top, left, bottom, right]) => [top * size.rows, left * size.columns, bottom * size.rows, right * size.columns]);
    void decide({ decision, category: suspect ? category.value : null, boxes: drawn, tools: [...tools.value] });
  }

  function step(by: number): void {
    projects.value = false;
    slice.value = Math.min(desk.slices.length - 1, Math.max(0, slice.value + by));
    use("slices");
  }

  /** The next finding with a place becomes the middle of the picture. */
  function zoomToFinding(): void {
    const placed = task.findings.map((one, index) => ({ index, box: shareOf(desk, one.region) })).filter((one) => one.box !== null);
    const next = placed.find((one) => one.index > chosen.value) ?? placed[0];
    if (next === undefined || next.box === null) return void (camera.value = camera.value.zoom > 1 ? WHOLE : { ...WHOLE, zoom: 2 });
    chosen.value = next.index;
    const [top, left, bottom, right] = next.box;
    camera.value = { zoom: Math.min(6, 0.6 / Math.max(bottom - top, right - left, 0.1)), x: (left + right) / 2, y: (top + bottom) / 2 };
    use("zoom");
  }

  /** A box without a mouse: around the chosen finding, else in the middle; arrows move it. */
  function addBox(): void {
    const at = shareOf(desk, task.findings[Math.max(0, chosen.value)]?.region ?? null);
    boxes.value = [...boxes.value, at ?? [0.35, 0.35, 0.65, 0.65]];
  }

  function nudge(rows: number, columns: number): void {
    const box = boxes.value.at(-1);
    if (box === undefined) return;
    const moved: Box = [box[0] + rows, box[1] + columns, box[2] + rows, box[3] + columns];
    if (Math.min(...moved) >= 0 && Math.max(...moved) <= 1) boxes.value = [...boxes.value.slice(0, -1), moved];
  }

  useEffect(() => {
    const keys: Record<string, () => void> = {
      " ": () => end("clear"),
      u: () => end("suspect"),
      r: () => end("unreadable"),
      e: () => end("escalate"),
      "[": () => step(-1),
      "]": () => step(1),
      m: () => { projects.value = !projects.value; use("projection"); },
      z: zoomToFinding,
      b: addBox,
      c: () => (category.value = CATEGORIES[(CATEGORIES.indexOf(category.value) + 1) % CATEGORIES.length] as Category),
      Backspace: () => (boxes.value = boxes.value.slice(0, -1)),
      ArrowUp: () => nudge(-0.02, 0),
      ArrowDown: () => nudge(0.02, 0),
      ArrowLeft: () => nudge(0, -0.02),
      ArrowRight: () => nudge(0, 0.02),
    };
    FILTERS.forEach((name, index) => (keys[String(index + 1)] = () => choose(name)));
    function pressed(event: KeyboardEvent): void {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName)) return;
      const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (act === undefined || event.repeat && !event.key.startsWith("Arrow") && !"[]".includes(event.key)) return;
      event.preventDefault();
      act();
    }
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });

  function choose(name: Filter): void {
    filter.value = name;
    use(name === "colour" ? "colour" : name === "inverted" ? "invert" : name === "organic" ? "organic" : name === "metal" ? "metal" : "window");
  }

  const busy = working || !painted.value;
  return (
    <div class="station" data-painted={painted.value ? task.id : undefined}>
      <Countdown until={desk.until} total={task.left_s} onLate={onLate} />
      <div class="pictures">
        {view !== null && (
          <figure>
            <Viewer label={t("review.view")} picture={view} camera={camera} marks={marks} onUsed={use} onBox={(box) => (boxes.value = [...boxes.value, box])} />
            <figcaption>{t("review.view")}</figcaption>
          </figure>
        )}
        {volume !== null && (
          <figure>
            <Viewer label={t("review.volume")} picture={volume} camera={camera} marks={marks} onUsed={use} onBox={(box) => (boxes.value = [...boxes.value, box])} />
            <figcaption>{projects.value ? t("review.projection") : t("review.slice", { index: slice.value + 1, count: desk.slices.length })}</figcaption>
          </figure>
        )}
      </div>
      <aside>
        <Declared task={task} />
        <Findings task={task} chosen={chosen.value} />
      </aside>
      <div class="review-keys">
        <div class="inline" role="group" aria-label={t("review.filters")}>
          {FILTERS.map((name, index) => (
            <button key={name} class="button" aria-pressed={filter.value === name} onClick={() => choose(name)}>
              <kbd>{index + 1}</kbd> {tCode("filter", name)}
            </button>
          ))}
        </div>
        <div class="inline">
          <button class="button main" disabled={busy} onClick={() => end("clear")}><kbd>␣</kbd> {t("review.release")}</button>
          <button class="button" disabled={busy || boxes.value.length === 0} onClick={() => end("suspect")}><kbd>U</kbd> {t("review.suspect")}</button>
          <button class="button" onClick={addBox}><kbd>B</kbd> {t("review.box")}</button>
          <label class="inline">
            <kbd>C</kbd>
            <select aria-label={t("review.category")} value={category} onChange={(event) => (category.value = event.currentTarget.value as Category)}>
              {CATEGORIES.map((name) => <option key={name} value={name}>{tCode("category", name)}</option>)}
            </select>
          </label>
          <button class="button" disabled={busy} onClick={() => end("unreadable")}><kbd>R</kbd> {t("review.unreadable")}</button>
          <button class="button" disabled={busy} onClick={() => end("escalate")}><kbd>E</kbd> {t("review.escalate")}</button>
        </div>
        <p class="muted">{t("review.keys")}</p>
      </div>
    </div>
  );
}

/** Windows that hold most goods: attenuation of a view, g/cm3 of a volume. */
function lookOf(filter: Filter, isVolume: boolean): Look {
  const width = isVolume ? 2 : filter === "contrast" ? 1.2 : 3.5;
  return { filter, width, level: width / 2 };
}

/** Rows and columns that boxes are told in: the view's pixels, or the volume's voxels where there is no view. */
function sizeOf(desk: Desk): { rows: number; columns: number } {
  if (desk.view !== null) return desk.view;
  const layout = desk.task.layout;
  return layout === null ? { rows: 1, columns: 1 } : { rows: layout.rows_px * layout.step, columns: layout.columns_px * layout.step };
}

/** A region (row, column twice; or z, row, column twice, in voxels) as shares of the picture. */
function shareOf(desk: Desk, region: readonly number[] | null): Box | null {
  if (region === null) return null;
  const layout = desk.task.layout;
  const inVolume = region.length === 6 && layout !== null;
  const size = inVolume ? { rows: layout.rows_px * layout.step, columns: layout.columns_px * layout.step } : sizeOf(desk);
  const [top, left, bottom, right] = (region.length === 6 ? [region[1], region[2], region[4], region[5]] : region) as [number, number, number, number];
  return [top / size.rows, left / size.columns, bottom / size.rows, right / size.columns];
}

function marksOf(desk: Desk, boxes: readonly Box[]): Mark[] {
  const found = desk.task.findings.flatMap((one) => {
    const box = one.is_alarm ? shareOf(desk, one.region) : null;
    return box === null ? [] : [{ box, label: titleOf(one), own: false }];
  });
  return [...found, ...boxes.map((box) => ({ box, label: "", own: true }))];
}
