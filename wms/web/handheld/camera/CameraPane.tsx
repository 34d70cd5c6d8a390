import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../shared/i18n";
import { type CameraProblem, closeCamera, hasTorch, NoCamera, openCamera, setTorch } from "./openCamera";
import { type BarcodeReader, openReader } from "./reader";

const BETWEEN_PICTURES_MS = 80;

/** The camera as a scanner: a frame to aim with, one way out. */
export function CameraPane({ onCode, onClose }: { onCode: (code: string) => void; onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const stream = useSignal<MediaStream | null>(null);
  const problem = useSignal<CameraProblem | null>(null);
  const light = useSignal(false);
  const attempt = useSignal(0);

  useEffect(() => {
    let open = true;
    let reader: BarcodeReader | null = null;
    let camera: MediaStream | null = null;
    async function run(): Promise<void> {
      camera = await openCamera();
      if (!open || video.current === null) return closeCamera(camera);
      video.current.srcObject = camera;
      await video.current.play();
      stream.value = camera;
      reader = await openReader();
      while (open) {
        const text = await reader.read(video.current);
        if (open && text !== null && text !== "") return onCode(text);
        await new Promise((done) => setTimeout(done, BETWEEN_PICTURES_MS));
      }
    }
    problem.value = null;
    run().catch((error: unknown) => {
      if (open) problem.value = error instanceof NoCamera ? error.problem : "camera_broken";
    });
    return () => {
      open = false;
      reader?.close();
      if (camera !== null) closeCamera(camera);
    };
  }, [attempt.value]);

  function switchLight(): void {
    light.value = !light.value;
    if (stream.value !== null) setTorch(stream.value, light.value).catch(() => (light.value = false));
  }

  return (
    <section class="camera" aria-label={t("hand.camera")} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      {problem.value === null ? (
        <>
          <video ref={video} muted playsInline />
          <div class="aim" aria-hidden="true" />
          <p role="status">{stream.value === null ? t("hand.camera_starting") : t("hand.camera_aim")}</p>
        </>
      ) : (
        <p class="why" role="alert" data-code={problem.value}>▲ {t(`hand.${problem.value}`)}</p>
      )}
      <div class="inline">
        {stream.value !== null && hasTorch(stream.value) && (
          <button class="button" aria-pressed={light} onClick={switchLight}>{light.value ? t("hand.torch_off") : t("hand.torch")}</button>
        )}
        {problem.value !== null && <button class="button" onClick={() => (attempt.value += 1)}>{t("hand.again")}</button>}
        <button class="button main" onClick={onClose}>{t("hand.close")}</button>
      </div>
    </section>
  );
}
