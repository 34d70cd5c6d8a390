import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Schemas } from "../../shared/api";
import { locale, t } from "../../shared/i18n";
import { type Departure, light, lit } from "./shown";

type Hub = Schemas["HubPlace"];
type Point = readonly [number, number]; // longitude, latitude
const WEST = -5;
const EAST = 150;
const NORTH = 68;
const SOUTH = 18;
const SCALE = 6; // units of the drawing a degree

const x = (longitude: number): number => (longitude - WEST) * SCALE;
const y = (latitude: number): number => (NORTH - latitude) * SCALE * 1.35;
const place = ([longitude, latitude]: Point): string => `${x(longitude).toFixed(1)} ${y(latitude).toFixed(1)}`;

/** The network on Natural Earth's land: straight lines between hubs on the ground, great circles in the air. */
export function NetworkMap({ hubs, departures }: { hubs: Hub[]; departures: Departure[] }) {
  const land = useSignal("");
  useEffect(() => {
    void import("world-atlas/land-110m.json").then((loaded) => {
      const world = loaded.default as unknown as Topology<{ land: GeometryCollection }>;
      land.value = outline(world);
    });
  }, []);
  const lanes = useMemo(() => lanesOf(departures), [departures]);
  const at = useMemo(() => new Map(hubs.map((hub) => [hub.code, [hub.longitude, hub.latitude] as Point])), [hubs]);
  const used = new Set(departures.flatMap((one) => [one.origin, one.destination]));
  return (
    <section class="card map">
      <h2>{t("planner.map")}</h2>
      <svg viewBox={`0 0 ${x(EAST)} ${y(SOUTH)}`} role="img" aria-label={t("planner.map")}>
        <path class="land" d={land.value} />
        {lanes.map((lane) => {
          const ends = [at.get(lane.origin), at.get(lane.destination)];
          if (!ends[0] || !ends[1]) return null;
          const bright = lane.names.some((name) => lit.value.has(name));
          return (
            <path
              key={`${lane.origin}-${lane.destination}-${lane.mode}`}
              class={`lane ${lane.mode} ${bright ? "lit" : ""}`}
              d={lane.mode === "air" ? arc(ends[0], ends[1]) : `M${place(ends[0])}L${place(ends[1])}`}
              stroke-width={Math.min(6, 1 + lane.units / 6)}
              onMouseEnter={() => light(lane.names)}
              onMouseLeave={() => light([])}
            >
              <title>{`${lane.origin} → ${lane.destination}: ${lane.units}`}</title>
            </path>
          );
        })}
        {hubs.map((hub) => (
          <g key={hub.code} class={used.has(hub.code) ? "hub" : "hub idle"}>
            <circle cx={x(hub.longitude)} cy={y(hub.latitude)} r={3} />
            {used.has(hub.code) && <text x={x(hub.longitude) + 5} y={y(hub.latitude) - 4}>{hub.code}</text>}
            <title>{hub.names[locale.value] ?? hub.code}</title>
          </g>
        ))}
      </svg>
    </section>
  );
}

interface Lane {
  readonly origin: string;
  readonly destination: string;
  readonly mode: string;
  units: number;
  readonly names: string[];
}

function lanesOf(departures: Departure[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const one of departures) {
    const key = `${one.origin} ${one.destination} ${one.mode}`;
    const lane = lanes.get(key) ?? { origin: one.origin, destination: one.destination, mode: one.mode, units: 0, names: [] };
    lane.units += one.units;
    lane.names.push(one.departure);
    lanes.set(key, lane);
  }
  return [...lanes.values()];
}

/** Rings of land as one path; those far outside the window are left out. */
function outline(world: Topology<{ land: GeometryCollection }>): string {
  const found = feature(world, world.objects.land);
  const shapes = "features" in found ? found.features : [found];
  let path = "";
  for (const { geometry } of shapes) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
    for (const ring of polygons.flat()) {
      if (!ring.some(([longitude = 0, latitude = 0]) => longitude > WEST - 20 && latitude > SOUTH - 10)) continue;
      // Land that crosses the antimeridian goes on eastward; else its edge would run back across the whole map.
      const crosses = ring.some(([longitude = 0]) => longitude > 170);
      const eastward = (longitude: number): number => (crosses && longitude < -100 ? longitude + 360 : longitude);
      path += `M${ring.map(([longitude = 0, latitude = 0]) => place([eastward(longitude), latitude])).join("L")}Z`;
    }
  }
  return path;
}

/** The great circle between two places, in twelve pieces. */
function arc(from: Point, to: Point): string {
  const [a, b] = [unit(from), unit(to)];
  const angle = Math.acos(Math.min(1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]));
  if (angle < 1e-6) return "";
  const points = Array.from({ length: 13 }, (_, step) => {
    const part = step / 12;
    const [p, q] = [Math.sin((1 - part) * angle) / Math.sin(angle), Math.sin(part * angle) / Math.sin(angle)];
    const [u, v, w] = [p * a[0] + q * b[0], p * a[1] + q * b[1], p * a[2] + q * b[2]];
    return place([(Math.atan2(v, u) * 180) / Math.PI, (Math.atan2(w, Math.hypot(u, v)) * 180) / Math.PI]);
  });
  return `M${points.join("L")}`;
}

function unit([longitude, latitude]: Point): [number, number, number] {
  const [turn, rise] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(rise) * Math.cos(turn), Math.cos(rise) * Math.sin(turn), Math.sin(rise)];
}
