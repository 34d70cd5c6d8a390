// One canvas: wheel zooms, dragging moves, dragging with Shift draws a box. Both pictures of a scan share zoom and place.
import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** Zoom 1 fits the picture; `x`, `y` (0-1) is what lies in the middle. */
export interface Camera {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/** Row, column, row, column as shares of the picture, with a label and whether it is a reviewer's own. */
export interface Mark {
  readonly box: readonly [number, number, number, number];
  readonly label: string;
  readonly own: boolean;
}

interface Props {
  readonly label: string;
  readonly picture: OffscreenCanvas | null;
  readonly camera: Signal<Camera>;
  readonly marks: readonly Mark[];
  onBox(box: readonly [number, number, number, number]): void;
  onUsed(tool: "zoom" | "pan"): void;
}

export function Viewer({ label, picture, camera, marks, onBox, onUsed }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const drag = useRef<{ x: number; y: number; draws: boolean; moved: boolean } | null>(null);
  const { zoom, x, y } = camera.value;

  useEffect(() => {
    const canvas = ref.current as HTMLCanvasElement;
    const draw = (): void => drawAll(canvas, picture, { zoom, x, y }, marks);
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(canvas);
    return () => watch.disconnect();
  }, [picture, zoom, x, y, marks]);

  /** Where in the picture (0-1) a pointer is. */
  function place(event: MouseEvent): { x: number; y: number } {
    const canvas = ref.current as HTMLCanvasElement;
    const frame = frameOf(canvas, picture, camera.value);
    const rect = canvas.getBoundingClientRect();
    return { x: (event.clientX - rect.left - frame.left) / frame.width, y: (event.clientY - rect.top - frame.top) / frame.height };
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault();
    const wanted = Math.min(16, Math.max(1, camera.value.zoom * Math.exp(-event.deltaY / 400)));
    camera.value = wanted === 1 ? { zoom: 1, x: 0.5, y: 0.5 } : { ...camera.value, zoom: wanted };
    onUsed("zoom");
  }

  function move(event: PointerEvent): void {
    if (drag.current === null || drag.current.draws) return;
    const now = place(event);
    camera.value = { ...camera.value, x: camera.value.x - (now.x - drag.current.x), y: camera.value.y - (now.y - drag.current.y) };
    drag.current.moved = true;
  }

  function end(event: PointerEvent): void {
    const from = drag.current;
    drag.current = null;
    if (from === null) return;
    if (!from.draws) return void (from.moved && onUsed("pan"));
    const to = place(event);
    const box = [Math.min(from.y, to.y), Math.min(from.x, to.x), Math.max(from.y, to.y), Math.max(from.x, to.x)].map((one) => Math.min(1, Math.max(0, one)));
    const [top, left, bottom, right] = box as [number, number, number, number];
    if (bottom - top > 0.01 && right - left > 0.01) onBox([top, left, bottom, right]);
  }

  return (
    <canvas
      ref={ref}
      class="picture"
      role="img"
      aria-label={label}
      onWheel={wheel}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { ...place(event), draws: event.shiftKey, moved: false };
      }}
      onPointerMove={move}
      onPointerUp={end}
    />
  );
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function frameOf(canvas: HTMLCanvasElement, picture: OffscreenCanvas | null, camera: Camera): Frame {
  const [columns, rows] = picture === null ? [1, 1] : [picture.width, picture.height];
  const fit = Math.min(canvas.clientWidth / columns, canvas.clientHeight / rows) * camera.zoom;
  const [width, height] = [columns * fit, rows * fit];
  return { left: canvas.clientWidth / 2 - camera.x * width, top: canvas.clientHeight / 2 - camera.y * height, width, height };
}

function drawAll(canvas: HTMLCanvasElement, picture: OffscreenCanvas | null, camera: Camera, marks: readonly Mark[]): void {
  const ratio = devicePixelRatio;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.scale(ratio, ratio);
  if (picture === null) return;
  const frame = frameOf(canvas, picture, camera);
  context.imageSmoothingEnabled = camera.zoom < 4;
  context.drawImage(picture, frame.left, frame.top, frame.width, frame.height);
  context.font = "12px system-ui";
  for (const { box, label, own } of marks) {
    const [top, left, bottom, right] = box;
    const at: [number, number] = [frame.left + left * frame.width, frame.top + top * frame.height];
    context.lineWidth = 2;
    context.setLineDash(own ? [] : [6, 4]);
    context.strokeStyle = own ? "#ff4fd8" : "#ffd400";
    context.strokeRect(...at, (right - left) * frame.width, (bottom - top) * frame.height);
    if (label === "") continue;
    const width = context.measureText(label).width + 8;
    context.fillStyle = "#000c";
    context.fillRect(at[0], at[1] - 17, width, 16);
    context.fillStyle = "#fff";
    context.fillText(label, at[0] + 4, at[1] - 5);
  }
}
