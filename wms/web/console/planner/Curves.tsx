import { number, percent, t } from "../../shared/i18n";
import type { Job } from "./shown";

const WIDTH = 640;
const HEIGHT = 90;

/** The cost and the bound over the seconds of the search: two curves that close on each other, and the gap as a number. */
export function Curves({ points }: { points: Job["progress"] }) {
  const last = points[points.length - 1];
  if (last === undefined) return null;
  const costs = points.filter((one) => one.cost !== null).map((one) => [one.seconds, Number(one.cost)] as const);
  const bounds = points.filter((one) => one.bound !== null).map((one) => [one.seconds, Number(one.bound)] as const);
  const values = [...costs, ...bounds].map(([, value]) => value);
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const end = Math.max(last.seconds, 1);
  const line = (curve: readonly (readonly [number, number])[]): string =>
    curve.map(([at, value]) => `${((at / end) * WIDTH).toFixed(1)},${(HEIGHT - 4 - ((value - low) / span) * (HEIGHT - 8)).toFixed(1)}`).join(" ");
  return (
    <div class="curves">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("planner.curves")} preserveAspectRatio="none">
        <polyline class="cost" points={line(costs)} />
        <polyline class="bound" points={line(bounds)} />
      </svg>
      <dl>
        <dt>{t("planner.cost")}</dt><dd class="num">{last.cost === null ? "—" : number(Number(last.cost))}</dd>
        <dt>{t("planner.bound")}</dt><dd class="num">{last.bound === null ? "—" : number(Number(last.bound))}</dd>
        <dt>{t("planner.gap")}</dt><dd class="num">{last.gap === null ? "—" : percent(last.gap)}</dd>
      </dl>
    </div>
  );
}
