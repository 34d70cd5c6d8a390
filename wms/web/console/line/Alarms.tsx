import { useSignal } from "@preact/signals";
import { explain, type Schemas, send } from "../../shared/api";
import { clock, t, tCode } from "../../shared/i18n";
import { may } from "../../shared/session";

type Alarm = Schemas["AlarmView"];
const SHOWN = 3;

/** What a person should see first, each with one button. */
export function Alarms({ alarms }: { alarms: Alarm[] }) {
  const all = useSignal(false);
  const problem = useSignal("");
  async function acknowledge(id: string): Promise<void> {
    problem.value = "";
    try {
      await send("POST", `/api/v1/alarms/${id}/acknowledge`);
    } catch (error) {
      problem.value = explain(error);
    }
  }
  if (alarms.length === 0) return null;
  const shown = all.value ? alarms : alarms.slice(0, SHOWN);
  return (
    <section class="alarms" aria-label={t("alarms")} aria-live="polite">
      {problem.value && <div class="problem">{problem}</div>}
      {shown.map((alarm) => (
        <div class="alarm" key={alarm.id}>
          <span>
            ▲ <strong>{tCode("alarm", alarm.code, alarm.params)}</strong>{" "}
            <span class="muted">{alarm.device} · {clock(alarm.at)}{alarm.times > 1 && ` · ×${alarm.times}`}</span>
          </span>
          {may("alarm.acknowledge") && (
            <button class="button" onClick={() => void acknowledge(alarm.id)}>{t("alarms.acknowledge")}</button>
          )}
        </div>
      ))}
      {alarms.length > SHOWN && (
        <button class="button" onClick={() => (all.value = !all.value)}>
          {all.value ? t("alarms.fewer") : t("alarms.more", { count: alarms.length - SHOWN })}
        </button>
      )}
    </section>
  );
}
