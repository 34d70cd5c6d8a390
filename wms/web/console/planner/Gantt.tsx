import { useMemo } from "preact/hooks";
import { number, percent, t } from "../../shared/i18n";
import { type Departure, hubTime, light, lit } from "./shown";

const MOST = 400;

/** Departures that carry something, by time: the bar runs from departure to arrival, its dark part is the fill. */
export function Gantt({ departures }: { departures: Departure[] }) {
  const shown = departures.slice(0, MOST);
  const [first, last] = useMemo(() => {
    const starts = shown.map((one) => Date.parse(one.cut_off_at));
    const ends = shown.map((one) => Date.parse(one.arrive_at));
    return [Math.min(...starts), Math.max(...ends)];
  }, [departures]);
  const share = (iso: string): number => ((Date.parse(iso) - first) / Math.max(1, last - first)) * 100;
  return (
    <section class="card gantt">
      <h2>{t("planner.gantt")}</h2>
      <p class="muted">{t("planner.gantt_hint")}</p>
      <ol class="scroll">
        {shown.map((one) => (
          <li
            key={one.departure}
            class={lit.value.has(one.departure) ? "lit" : ""}
            onMouseEnter={() => light([one.departure])}
            onMouseLeave={() => light([])}
          >
            <span class="gantt-name">{one.departure}</span>
            <span class="gantt-lane" title={`${hubTime(one.depart_at)} → ${hubTime(one.arrive_at)}`}>
              <i class="cut-off" style={{ left: `${share(one.cut_off_at)}%` }} />
              <i class={`ride ${one.mode}`} style={{ left: `${share(one.depart_at)}%`, width: `${Math.max(0.8, share(one.arrive_at) - share(one.depart_at))}%` }}>
                <b style={{ width: `${one.fill * 100}%` }} />
              </i>
            </span>
            <span class="num">{percent(one.fill)}</span>
            <span class="num">{`${number(one.units)} / ${number(one.slots)}`}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
