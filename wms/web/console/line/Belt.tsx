// The belt to scale: parcels run by their induction time and the belt's speed, so the picture moves between two updates.
import { useEffect, useRef } from "preact/hooks";
import type { Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { colourOf, DESTINATIONS } from "./colours";
import { type Geometry, placeOf, positionOf, VIEW } from "./geometry";
import { LineClock } from "./LineClock";

type LineView = Schemas["LineView"];
// Who asked for less motion gets a still picture at each update.
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

/** `live` false stops the picture: nothing may seem to move when nobody knows. */
export function Belt({ view, live }: { view: LineView; live: boolean }) {
  const geometry = view.geometry as unknown as Geometry;
  const canvas = useRef<HTMLCanvasElement>(null);
  const clock = useRef<LineClock>(null);
  clock.current ??= new LineClock();
  const latest = useRef({ view, live });
  if (latest.current.view !== view) clock.current.hear(new Date(view.at).getTime(), Date.now());
  latest.current = { view, live };

  useEffect(() => {
    let frame = 0;
    const draw = (): void => {
      const { view: last, live: moving } = latest.current;
      const now = moving && clock.current !== null ? clock.current.at(Date.now()) : new Date(last.at).getTime();
      if (canvas.current !== null) paint(canvas.current, last, now);
      if (moving && !CALM.matches) frame = requestAnimationFrame(draw);
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [live, CALM.matches ? view : null]);

  const states = new Map(view.chutes.map((chute) => [chute.name, chute]));
  return (
    <>
      <div class="belt scroll">
        <div class="belt-inner">
          <svg viewBox={`0 0 ${VIEW.width} ${VIEW.height}`} role="img" aria-label={t("line.belt_picture", { count: view.items.length })}>
            {Array.from({ length: geometry.lanes }, (_, lane) => (
              <path key={lane} class="track" d={lanePath(lane, geometry)} />
            ))}
            <path class="track" d={`M${VIEW.tunnelX} ${VIEW.beltY} H${VIEW.endX} C${VIEW.endX + 40} ${VIEW.beltY} ${VIEW.endX + 40} ${VIEW.loopY} ${VIEW.endX} ${VIEW.loopY} H${VIEW.tunnelX} C${VIEW.tunnelX - 30} ${VIEW.loopY} ${VIEW.tunnelX - 30} ${VIEW.beltY} ${VIEW.tunnelX} ${VIEW.beltY}`} />
            <rect class="tunnel" x={VIEW.tunnelX - 12} y={VIEW.beltY - 16} width="24" height="32" rx="3" />
            <text x={VIEW.tunnelX} y={VIEW.beltY - 22} text-anchor="middle">{t("line.tunnel")}</text>
            {view.chutes.map((chute) => {
              const { x, up } = placeOf(chute.name, geometry);
              const state = states.get(chute.name)?.state ?? "open";
              return (
                <g key={chute.name} class={`chute-mark ${state}`}>
                  <path d={`M${x} ${VIEW.beltY + (up ? -6 : 6)} v${up ? -16 : 16}`} />
                  <text x={x} y={VIEW.beltY + (up ? -26 : 34)} text-anchor="middle">{chute.name.slice(1)}</text>
                </g>
              );
            })}
          </svg>
          <canvas ref={canvas} width={VIEW.width * 2} height={VIEW.height * 2} />
        </div>
      </div>
      <ul class="legend">
        {DESTINATIONS.map((destination) => (
          <li key={destination}>
            <i style={{ background: colourOf(destination) }} /> {destination}
          </li>
        ))}
        <li><i class="hollow" /> {t("line.undecided")}</li>
        <li><i class="exception" /> {t("line.exception_mark")}</li>
      </ul>
    </>
  );
}

function lanePath(lane: number, geometry: Geometry): string {
  const y = VIEW.laneY(lane, geometry.lanes);
  return `M10 ${y} H${VIEW.tunnelX - 90} C${VIEW.tunnelX - 50} ${y} ${VIEW.tunnelX - 50} ${VIEW.beltY} ${VIEW.tunnelX} ${VIEW.beltY}`;
}

function paint(canvas: HTMLCanvasElement, view: LineView, now: number): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const geometry = view.geometry as unknown as Geometry;
  context.setTransform(2, 0, 0, 2, 0, 0);
  context.clearRect(0, 0, VIEW.width, VIEW.height);
  // Outlined in ink, because no palette stands out from the belt in every colour.
  const style = getComputedStyle(canvas);
  const surface = style.getPropertyValue("--surface");
  context.strokeStyle = style.getPropertyValue("--ink");
  context.lineWidth = 1.5;
  for (const item of view.items) {
    const at = positionOf(item, now, geometry);
    if (at === null) continue;
    const decided = item.chute !== null;
    context.fillStyle = decided ? colourOf(item.destination ?? "") : surface;
    context.beginPath();
    if (decided && item.destination === null) context.rect(at.x - 4.5, at.y - 4.5, 9, 9);
    else context.arc(at.x, at.y, 5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}
