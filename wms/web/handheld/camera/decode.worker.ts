// Reads barcodes off the page's own thread, for browsers without BarcodeDetector. The reader comes from our own server.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm?url";

prepareZXingModule({ overrides: { locateFile: () => wasm } });

let canvas: OffscreenCanvas | null = null;

addEventListener("message", (event: MessageEvent<ImageBitmap>) => {
  void read(event.data).then((text) => postMessage(text));
});

/** The text of the first barcode in a picture, or null. */
async function read(picture: ImageBitmap): Promise<string | null> {
  if (canvas?.width !== picture.width || canvas.height !== picture.height) canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(picture, 0, 0);
  picture.close();
  const found = await readBarcodes(context.getImageData(0, 0, canvas.width, canvas.height), { maxNumberOfSymbols: 1 });
  return found[0]?.text ?? null;
}
