// Where things are on the picture of a line. Metres come from the line's record, pixels from VIEW.
import type { Schemas } from "../../shared/api";

export interface Geometry {
  readonly lanes: number;
  readonly lane_speed_m_s: number;
  readonly scale_at_m: number;
  readonly tunnel_at_m: number;
  readonly belt_speed_m_s: number;
  readonly first_chute_m: number;
  readonly chute_spacing_m: number;
  readonly loop_m: number;
}

export const VIEW = {
  width: 1200,
  height: 172,
  tunnelX: 250,
  endX: 1150,
  beltY: 74,
  loopY: 150,
  laneY: (lane: number, lanes: number): number => 74 + (lane - (lanes - 1) / 2) * 34,
} as const;

const CHUTE_PAIRS = 24;
const SLIDE_M = 2;
const SLIDE_PX = 22;
const beltEnd = (g: Geometry): number => g.first_chute_m + CHUTE_PAIRS * g.chute_spacing_m;
const beltX = (metres: number, g: Geometry): number => VIEW.tunnelX + (metres / beltEnd(g)) * (VIEW.endX - VIEW.tunnelX);

const metresTo = (chute: string, g: Geometry): number => g.first_chute_m + Math.floor((Number(chute.slice(1)) - 1) / 2) * g.chute_spacing_m;

/** Off the belt into a chute; gone from the picture after a short slide, even before the machine confirms it. */
function intoChute(chute: string, metres: number, g: Geometry): { x: number; y: number } | null {
  if (metres > SLIDE_M) return null;
  const { x, up } = placeOf(chute, g);
  return { x, y: VIEW.beltY + (up ? -1 : 1) * SLIDE_PX * (metres / SLIDE_M) };
}

/** Two chutes face each other at each divert point: odd numbers above the belt, even ones below. */
export function placeOf(chute: string, g: Geometry): { x: number; up: boolean } {
  const index = Number(chute.slice(1)) - 1;
  return { x: beltX(g.first_chute_m + Math.floor(index / 2) * g.chute_spacing_m, g), up: index % 2 === 0 };
}

/** Where an item is drawn now; null before its induction is known and after it should have landed. */
export function positionOf(item: Schemas["BeltItem"], nowMs: number, g: Geometry): { x: number; y: number } | null {
  if (item.inducted_at === null) return null;
  const onLane = g.tunnel_at_m / g.lane_speed_m_s;
  const seconds = (nowMs - new Date(item.inducted_at).getTime()) / 1000;
  if (seconds < 0) return null;
  if (seconds < onLane) return onLanePoint(seconds / onLane, item.induct_place, g);
  const run = (seconds - onLane) * g.belt_speed_m_s;
  const rounds = Math.max(item.passes, 1);
  if (item.chute !== null) {
    const beyond = run - (rounds - 1) * g.loop_m - metresTo(item.chute, g);
    if (beyond > 0) return intoChute(item.chute, beyond, g);
  }
  if (run > g.loop_m * rounds) return null;
  const metres = run % g.loop_m;
  if (metres <= beltEnd(g)) return { x: beltX(metres, g), y: VIEW.beltY };
  const back = (metres - beltEnd(g)) / (g.loop_m - beltEnd(g));
  return { x: VIEW.endX - back * (VIEW.endX - VIEW.tunnelX), y: VIEW.loopY };
}

function onLanePoint(share: number, place: string | null, g: Geometry): { x: number; y: number } {
  const lane = Math.max(0, Number((place ?? "in-1").split("-")[1]) - 1);
  const y = VIEW.laneY(lane, g.lanes);
  const x = 10 + share * (VIEW.tunnelX - 10);
  const bend = Math.max(0, (x - (VIEW.tunnelX - 90)) / 90);
  return { x, y: y + (VIEW.beltY - y) * bend * bend * (3 - 2 * bend) };
}
