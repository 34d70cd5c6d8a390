// The time the belt leaves, as a thin bar that turns and as seconds.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";

const SHORT_S = 10;

/** `until` on the clock of performance.now(); `total` seconds were left when it began. */
export function Countdown({ until, total, onLate }: { until: number; total: number; onLate(): void }) {
  const left = useSignal(Math.max(0, (until - performance.now()) / 1000));
  useEffect(() => {
    const timer = setInterval(() => {
      left.value = Math.max(0, (until - performance.now()) / 1000);
      if (left.value === 0) {
        clearInterval(timer);
        onLate();
      }
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  const short = left.value < SHORT_S;
  return (
    <div class={`countdown ${short ? "short" : ""}`} role="timer" aria-label={t("review.left", { seconds: Math.ceil(left.value) })}>
      <i style={{ width: `${(100 * left.value) / Math.max(total, 1)}%` }} />
      <span>{short ? "▲ " : ""}{t("review.left", { seconds: Math.ceil(left.value) })}</span>
    </div>
  );
}
