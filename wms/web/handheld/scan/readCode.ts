// What a scanner read, as a code that the warehouse knows. Pure.
//
// Scanners may put an AIM identifier in front (`]C1` = GS1-128). Element strings: GS1 General Specifications, section 7.8.
// Only an SSCC (AI 00) names something in a warehouse of parcels; waybills and S10 numbers stay as they are.
import { GS } from "./wedge";

const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const GS1_SYMBOLS = new Set(["]C1", "]d2", "]Q3", "]e0"]);
const SSCC_FIRST = /^\(?00\)?(\d{18})/; // of fixed length, so that no GS has to follow
const SSCC_ALONE = /^\(?00\)?(\d{18})(?!\d)/; // as typed or without an AIM identifier, where 00 may also begin a waybill

export function readCode(scan: string): string {
  const aim = AIM.exec(scan)?.[0] ?? "";
  let text = scan.slice(aim.length).replace(/\s+/g, "");
  while (text.startsWith(GS)) text = text.slice(1);
  const sscc = (GS1_SYMBOLS.has(aim) ? SSCC_FIRST : SSCC_ALONE).exec(text)?.[1];
  if (sscc !== undefined && hasCheckDigit(sscc)) return sscc;
  return (text.split(GS)[0] ?? "").toUpperCase();
}

/** The whole scan for a server that reads GS1 itself: AIM identifier and separators stay, blanks at the ends go. */
export const readScan = (scan: string): string => scan.trim();

/** The chute named by a chute label such as `C07` or `S1-C07`; null for anything else. */
export function readChute(code: string): string | null {
  const found = /^(?:[A-Z0-9]{1,8}-)?(C\d{2,3})$/.exec(code);
  return found?.[1]?.toLowerCase() ?? null;
}

/** GS1 modulo 10: weights 3 and 1 from the right, the check digit itself counting once. */
export function hasCheckDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}
