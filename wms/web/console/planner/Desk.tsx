import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, get, type Schemas, send } from "../../shared/api";
import { moment, number, percent, t, tCode } from "../../shared/i18n";
import { useLoad } from "../../shared/load";
import { may } from "../../shared/session";
import { go, route } from "../route";
import { Curves } from "./Curves";
import { Gantt } from "./Gantt";
import { NetworkMap } from "./NetworkMap";
import "./planner.css";
import { Shipments } from "./Shipments";
import { complaints, type Job, type Proposal, stateWord } from "./shown";
import { Tables } from "./Tables";

const POLL_MS = 1000;

/** Plans: queue a file, watch the bound and the cost close, look at the proposal, change it, accept it. */
export function Desk() {
  const jobs = useLoad<{ items: Job[] }>(() => "/api/v1/plan-jobs?limit=30");
  const chosen = route.value.rest[0] ?? jobs.value.value?.items[0]?.id;
  return (
    <div class="planner">
      <h1>{t("nav.planner")}</h1>
      <p class="muted">{t("planner.unverified")}</p>
      {may("transport.plan") && <NewPlan onQueued={jobs.reload} />}
      <JobList jobs={jobs.value.value?.items ?? null} chosen={chosen} />
      {chosen !== undefined && <JobView key={chosen} id={chosen} onEnded={jobs.reload} />}
      <Tables />
    </div>
  );
}

function NewPlan({ onQueued }: { onQueued: () => void }) {
  const seconds = useSignal(30);
  const problems = useSignal<string[]>([]);
  async function take(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    problems.value = [];
    const body = new FormData();
    body.append("file", file);
    try {
      const answer = await call("POST", `/api/v1/plan-jobs?seconds=${seconds.value}`, { body });
      go("planner", ((await answer.json()) as Schemas["JobQueued"]).id);
      onQueued();
    } catch (error) {
      problems.value = complaints(error);
    }
  }
  return (
    <section class="card">
      <div class="inline">
        <label class="button main file">
          {t("planner.choose")}
          <input type="file" class="hidden" accept=".csv,.xlsx,.json" onChange={(e) => { void take(e.currentTarget.files?.[0]); e.currentTarget.value = ""; }} />
        </label>
        <label>
          {t("planner.seconds")}{" "}
          <input type="number" class="short" min={1} max={900} value={seconds} onInput={(e) => (seconds.value = Math.min(900, Math.max(1, e.currentTarget.valueAsNumber || 1)))} />
        </label>
      </div>
      {problems.value.length > 0 && (
        <ul class="problem faults" role="alert">{problems.value.map((one) => <li key={one}>{one}</li>)}</ul>
      )}
    </section>
  );
}

function JobList({ jobs, chosen }: { jobs: Job[] | null; chosen: string | undefined }) {
  if (jobs === null) return <p class="muted">{t("loading")}</p>;
  if (jobs.length === 0) return <p class="muted">{t("planner.none")}</p>;
  return (
    <label class="inline">
      {t("planner.jobs")}
      <select value={chosen} onChange={(e) => go("planner", e.currentTarget.value)}>
        {jobs.map((job) => (
          <option key={job.id} value={job.id}>{`${job.name} · ${moment(job.created_at)} · ${stateWord(job.state)}`}</option>
        ))}
      </select>
    </label>
  );
}

function JobView({ id, onEnded }: { id: string; onEnded: () => void }) {
  const job = useSignal<Job | null>(null);
  const problems = useSignal<string[]>([]);
  useEffect(() => {
    let wanted = true;
    let timer = 0;
    async function look(): Promise<void> {
      try {
        const before = job.value?.state;
        const found = await get<Job>(`/api/v1/plan-jobs/${id}`);
        if (!wanted) return;
        job.value = found;
        if (found.state === "queued" || found.state === "running") timer = window.setTimeout(() => void look(), POLL_MS);
        else if (before !== undefined) onEnded();
      } catch (error) {
        if (wanted) problems.value = complaints(error);
      }
    }
    void look();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [id]);
  const found = job.value;
  if (problems.value.length > 0) return <p class="problem">{problems.value[0]}</p>;
  if (found === null) return <p class="muted">{t("loading")}</p>;
  const active = found.state === "queued" || found.state === "running";
  async function ask(what: "stop" | "cancel"): Promise<void> {
    await send("POST", `/api/v1/plan-jobs/${id}/${what}`).catch((error: unknown) => (problems.value = complaints(error)));
  }
  return (
    <>
      <section class="card" aria-live="polite">
        <div class="inline">
          <strong>{found.name}</strong>
          <span class={`chip ${found.state === "failed" ? "bad" : found.state === "done" ? "good" : "plain"}`}>{stateWord(found.state)}</span>
          {active && may("transport.plan") && (
            <>
              <button class="button" onClick={() => void ask("stop")}>{t("planner.stop")}</button>
              <button class="button" onClick={() => void ask("cancel")}>{t("planner.cancel")}</button>
            </>
          )}
        </div>
        {found.error && <p class="problem">{tCode("refusal", String(found.error["code"]), found.error["params"] as Record<string, unknown>)}</p>}
        <Curves points={found.progress} />
      </section>
      {found.proposal_id !== null && <ProposalView id={found.proposal_id} job={found} />}
    </>
  );
}

function ProposalView({ id, job }: { id: string; job: Job }) {
  const proposal = useLoad<Proposal>(() => `/api/v1/plan-proposals/${id}`);
  const hubs = useLoad<Schemas["HubPlace"][]>(() => `/api/v1/transport-networks/${job.network_version}/hubs`);
  const said = useSignal<string[]>([]);
  const shown = proposal.value.value;
  if (proposal.error.value) return <p class="problem">{complaints(proposal.error.value)[0]}</p>;
  if (shown === null) return <p class="muted">{t("loading")}</p>;
  async function decide(what: "accept" | "reject"): Promise<void> {
    try {
      const answer = await send<Schemas["Accepted"] | undefined>("POST", `/api/v1/plan-proposals/${id}/${what}`);
      said.value = answer ? [t("planner.booked", { count: answer.bookings, departures: answer.departures })] : [];
      proposal.reload();
    } catch (error) {
      said.value = complaints(error);
    }
  }
  return (
    <>
      <Tiles proposal={shown} />
      <div class="inline" role="status">
        <span class="chip plain">{stateWord(shown.state)}</span>
        {job.base_id !== null && <span>{t("planner.moved", { count: shown.moved })}</span>}
        {shown.state === "open" && may("transport.accept") && (
          <>
            <button class="button main" onClick={() => void decide("accept")}>{t("planner.accept")}</button>
            <button class="button" onClick={() => void decide("reject")}>{t("planner.reject")}</button>
          </>
        )}
        {said.value.map((one) => <span key={one}>{one}</span>)}
      </div>
      <div class="planner-columns">
        <NetworkMap hubs={hubs.value.value ?? []} departures={shown.departures} />
        <Gantt departures={shown.departures} />
      </div>
      <Shipments proposal={shown} />
    </>
  );
}

function Tiles({ proposal }: { proposal: Proposal }) {
  const told = proposal.summary;
  const money = (text: string): string => `${number(Number(text))} ${told.currency}`;
  return (
    <div class="tiles">
      <div class="card tile"><span class="muted">{t("planner.cost")}</span><span class="big">{money(told.cost)}</span></div>
      <div class="card tile"><span class="muted">{t("planner.gap")}</span><span class="big">{percent(told.gap)}</span><span class="muted">{t("planner.bound")} {money(told.lower_bound)} · {told.gap_kind}</span></div>
      <div class="card tile"><span class="muted">{t("planner.alone")}</span><span class="big">{money(told.alone_cost)}</span></div>
      <div class="card tile"><span class="muted">{t("planner.shipments")}</span><span class="big">{number(told.shipments)}</span><span class="muted">{t("planner.unserved", { count: told.unserved })}</span></div>
      <div class="card tile"><span class="muted">{t("planner.gantt")}</span><span class="big">{number(told.departures_used)}</span><span class="muted">{t("planner.offered", { count: told.departures_offered })}</span></div>
    </div>
  );
}
