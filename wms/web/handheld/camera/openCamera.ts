// The camera, or why there is none. Browsers give it in secure contexts only.
export type CameraProblem = "camera_denied" | "camera_none" | "camera_insecure" | "camera_broken";

export class NoCamera extends Error {
  constructor(readonly problem: CameraProblem) {
    super(problem);
  }
}

export async function openCamera(): Promise<MediaStream> {
  if (!isSecureContext || navigator.mediaDevices === undefined) throw new NoCamera("camera_insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
      audio: false,
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError" || name === "SecurityError") throw new NoCamera("camera_denied");
    if (name === "NotFoundError" || name === "OverconstrainedError") throw new NoCamera("camera_none");
    throw new NoCamera("camera_broken");
  }
}

interface Light {
  torch?: boolean;
}

export const hasTorch = (stream: MediaStream): boolean =>
  (stream.getVideoTracks()[0]?.getCapabilities?.() as (MediaTrackCapabilities & Light) | undefined)?.torch === true;

export async function setTorch(stream: MediaStream, on: boolean): Promise<void> {
  const light: MediaTrackConstraintSet & Light = { torch: on };
  await stream.getVideoTracks()[0]?.applyConstraints({ advanced: [light] });
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
