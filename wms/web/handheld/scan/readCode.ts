// What a scanner read, as a code that the warehouse knows. Pure.
//
// Scanners may put an AIM identifier in front (`]C1` = GS1-128). Element strings: GS1 General Specifications, section 7.8.
// Only an SSCC (AI 00) names something in a warehouse of parcels; waybills and S10 numbers stay as they are.
import { GS } from "./wedge";

const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const SSCC = /^\(?00\)?(\d{18})(?!\d)/;

export function readCode(scan: string): string {
  let text = scan.replace(AIM, "").trim();
  while (text.startsWith(GS)) text = text.slice(1);
  const sscc = SSCC.exec(text)?.[1];
  if (sscc !== undefined && hasCheckDigit(sscc)) return sscc;
  const first = text.split(GS)[0] ?? "";
  return first.replace(/\s+/g, "").toUpperCase();
}

/** The chute named by a chute label such as `C07` or `S1-C07`; null for anything else. */
export function readChute(code: string): string | null {
  const found = /^(?:[A-Z0-9]{1,8}-)?(C\d{2,3})$/.exec(code);
  return found?.[1]?.toLowerCase() ?? null;
}

/** GS1 modulo 10: weights 3 and 1 from the right, without the check digit itself. */
export function hasCheckDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}
