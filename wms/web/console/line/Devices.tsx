import type { Schemas } from "../../shared/api";
import { clock, t, tCode } from "../../shared/i18n";

type LineView = Schemas["LineView"];

/** Gateways and devices as small cards with their last frame. */
export function Devices({ view }: { view: LineView }) {
  return (
    <ul class="devices">
      {view.gateways.map((one) => {
        const good = one.connection === "ONLINE" && !one.stale;
        return (
          <li key={one.name} class="device">
            <strong>{one.name}</strong>
            <State good={good} word={good ? t("device.ready") : t("device.gone")} />
            <span class="muted">
              {t("device.gateway", { rows: one.outbox_rows, entries: one.directory_entries, version: one.plan_version })}
            </span>
          </li>
        );
      })}
      {view.devices.map((one) => (
        <li key={one.address} class="device">
          <strong>{one.address.split("/").at(-1)}</strong>
          <State good={one.state === "READY" && !one.stale} word={one.stale ? t("device.stale") : tCode("state", one.state)} />
          <span class="muted">
            {tCode("kind", one.kind)} · {one.last_frame_at === null ? t("device.no_frame") : t("device.last_frame", { time: clock(one.last_frame_at) })}
            {" · "}
            {t("device.frames", { frames: one.frames, garbage: one.garbage_bytes, reconnects: one.reconnects })}
          </span>
          {one.detail && <span class="muted">{one.detail}</span>}
        </li>
      ))}
      {view.gateways.length + view.devices.length === 0 && <li class="muted">{t("device.none")}</li>}
    </ul>
  );
}

function State({ good, word }: { good: boolean; word: string }) {
  return <span class={`chip ${good ? "good" : "bad"}`}>{good ? "●" : "✕"} {word}</span>;
}
