// Pictures in, text of a barcode out: by the browser's own BarcodeDetector where there is one, else by zxing in a worker.

export interface BarcodeReader {
  read(video: HTMLVideoElement): Promise<string | null>;
  close(): void;
}

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface DetectorType {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}
declare const BarcodeDetector: DetectorType | undefined;

const NEEDED = ["code_128", "qr_code", "data_matrix"];

export async function openReader(): Promise<BarcodeReader> {
  if (typeof BarcodeDetector !== "undefined") {
    const formats = await BarcodeDetector.getSupportedFormats().catch((): string[] => []);
    if (NEEDED.every((one) => formats.includes(one))) return builtIn(new BarcodeDetector({ formats }));
  }
  return inWorker();
}

function builtIn(detector: Detector): BarcodeReader {
  return { read: async (video) => (await detector.detect(video))[0]?.rawValue ?? null, close: () => undefined };
}

function inWorker(): BarcodeReader {
  const worker = new Worker(new URL("./decode.worker.ts", import.meta.url), { type: "module" });
  return {
    async read(video) {
      const picture = await createImageBitmap(video);
      return new Promise((resolve, reject) => {
        worker.onmessage = (event: MessageEvent<string | null>) => resolve(event.data);
        worker.onerror = () => reject(new Error("the barcode reader did not start"));
        worker.postMessage(picture, [picture]);
      });
    },
    close: () => worker.terminate(),
  };
}
