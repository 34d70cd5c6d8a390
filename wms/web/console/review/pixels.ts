// Numbers out of the server's pictures and colours into the canvas. A picture carries a value (attenuation -ln T of a view,
// g/cm3 of a volume) as 16 bits in red and green, 1/8000 each, and Z_eff x 8 in blue; 0 is nothing there.
import { call, type Schemas } from "../../shared/api";

const SCALE = 8000;
const Z_SCALE = 8;
const ORGANIC = 10;
const METAL = 18;
const BLACK_H = 5.5;
/** Hue in degrees by Z_eff: organic orange, mixed green, metal blue. */
const HUES: readonly (readonly [number, number])[] = [[5, 28], [9, 34], [11, 100], [16, 124], [19, 210], [30, 236]];

export interface Plane {
  readonly rows: number;
  readonly columns: number;
  readonly value: Float32Array;
  readonly zeff: Float32Array;
}

export type Filter = "colour" | "grey" | "inverted" | "metal" | "organic" | "contrast";
export const FILTERS: readonly Filter[] = ["colour", "grey", "inverted", "metal", "organic", "contrast"];

/** How a plane is shown: a window of values around `level`, as wide as `width`. */
export interface Look {
  readonly filter: Filter;
  readonly level: number;
  readonly width: number;
}

export async function loadPlane(path: string): Promise<Plane> {
  const blob = await (await call("GET", path)).blob();
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const size = bitmap.width * bitmap.height;
  const value = new Float32Array(size);
  const zeff = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    value[i] = ((data[4 * i] as number) * 256 + (data[4 * i + 1] as number)) / SCALE;
    zeff[i] = (data[4 * i + 2] as number) / Z_SCALE;
  }
  return { rows: bitmap.height, columns: bitmap.width, value, zeff };
}

/** The slices of a volume out of the sheet on which they lie side by side. */
export function cutSlices(sheet: Plane, layout: Schemas["Layout"]): Plane[] {
  const { rows_px: rows, columns_px: columns } = layout;
  return Array.from({ length: layout.slices }, (_, index) => {
    const top = Math.floor(index / layout.columns) * rows;
    const left = (index % layout.columns) * columns;
    const value = new Float32Array(rows * columns);
    const zeff = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const from = (top + row) * sheet.columns + left;
      value.set(sheet.value.subarray(from, from + columns), row * columns);
      zeff.set(sheet.zeff.subarray(from, from + columns), row * columns);
    }
    return { rows, columns, value, zeff };
  });
}

/** The densest voxel along the beam, with its Z_eff. */
export function maximum(slices: readonly Plane[]): Plane {
  const first = slices[0] as Plane;
  const value = first.value.slice();
  const zeff = first.zeff.slice();
  for (const one of slices) {
    for (let i = 0; i < value.length; i++) {
      if ((one.value[i] as number) > (value[i] as number)) {
        value[i] = one.value[i] as number;
        zeff[i] = one.zeff[i] as number;
      }
    }
  }
  return { rows: first.rows, columns: first.columns, value, zeff };
}

/** A canvas of the plane's own size in the colours of the look. */
export function paint(plane: Plane, look: Look, isVolume: boolean): OffscreenCanvas {
  const canvas = new OffscreenCanvas(plane.columns, plane.rows);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  const image = context.createImageData(plane.columns, plane.rows);
  for (let i = 0; i < plane.value.length; i++) {
    const [r, g, b] = colourOf(plane.value[i] as number, plane.zeff[i] as number, look, isVolume);
    image.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

type Rgb = readonly [number, number, number];

function colourOf(value: number, z: number, look: Look, isVolume: boolean): Rgb {
  const shown = look.filter === "metal" ? z >= METAL : look.filter === "organic" ? z > 0 && z < ORGANIC : true;
  const dark = shown ? clip((value - look.level + look.width / 2) / look.width) : 0;
  if (look.filter === "inverted") return grey(dark);
  if (look.filter === "grey") return grey(1 - dark);
  if (look.filter === "contrast") return grey(dark > 0.02 ? 1 - Math.sqrt(dark) : 1);
  if (!isVolume && value > BLACK_H) return [0, 0, 0];
  const saturation = z > 0 && shown ? clip(1 - Math.exp(-3 * dark)) : 0;
  return hsv(hueOf(z), saturation, Math.pow(1 - 0.92 * dark, 0.8));
}

function hueOf(z: number): number {
  const next = HUES.findIndex(([edge]) => z < edge);
  if (next === 0) return (HUES[0] as readonly [number, number])[1];
  if (next < 0) return (HUES[HUES.length - 1] as readonly [number, number])[1];
  const [z0, h0] = HUES[next - 1] as readonly [number, number];
  const [z1, h1] = HUES[next] as readonly [number, number];
  return h0 + ((z - z0) / (z1 - z0)) * (h1 - h0);
}

const clip = (x: number): number => Math.min(1, Math.max(0, x));
const grey = (x: number): Rgb => [x * 255, x * 255, x * 255];

function hsv(hue: number, saturation: number, value: number): Rgb {
  const part = (n: number): number => {
    const k = (n + hue / 60) % 6;
    return 255 * value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [part(5), part(3), part(1)];
}
