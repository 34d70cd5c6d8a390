import { useSignal } from "@preact/signals";
import { explain, type Schemas, send } from "../../shared/api";
import { clock, t, tCode } from "../../shared/i18n";
import { may } from "../../shared/session";

type Alarm = Schemas["AlarmView"];
const SHOWN = 1;

/** What a person should see first, each with one button. Always there and one row high, so that nothing jumps under a hand. */
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
  const shown = all.value ? alarms : alarms.slice(0, SHOWN);
  return (
    <section class="alarms" aria-label={t("alarms")} aria-live="polite">
      {problem.value && <div class="problem">{problem}</div>}
      {alarms.length === 0 && <div class="alarm none">✓ {t("alarms.none")}</div>}
      {shown.map((alarm, index) => (
        <div class="alarm" key={alarm.id}>
          <span>
            ▲ <strong>{tCode("alarm", alarm.code, alarm.params)}</strong>{" "}
            <span class="muted">{alarm.device} · {clock(alarm.at)}{alarm.times > 1 && ` · ×${alarm.times}`}</span>
          </span>
          <span class="inline">
            {index === 0 && alarms.length > SHOWN && (
              <button class="button" aria-expanded={all} onClick={() => (all.value = !all.value)}>
                {all.value ? t("alarms.fewer") : t("alarms.more", { count: alarms.length - SHOWN })}
              </button>
            )}
            {may("alarm.acknowledge") && (
              <button class="button" onClick={() => void acknowledge(alarm.id)}>{t("alarms.acknowledge")}</button>
            )}
          </span>
        </div>
      ))}
    </section>
  );
}
