// Words: every text of the screens comes from locales/*.json. The server sends codes and parameters, never prose.
// A device loads the language it shows first; the others follow when it is idle, so that switching works without a network.
import { batch, signal } from "@preact/signals";

export type Key = keyof typeof import("../locales/en.json") & string;
/** Kinds of codes that the server sends: `refusal.busy`, `todo.induct` … */
export type CodeGroup =
  | "refusal" | "reason" | "alarm" | "todo" | "state" | "cause" | "role" | "kind" | "person" | "row" | "field" | "message" | "close" | "chute"
  | "finding" | "category" | "verdict" | "because" | "filter" | "goods"
  | "plan" | "planfault" | "planwhy";
export type Locale = "zh" | "en" | "ru";
type Params = Record<string, unknown>;

type Table = Record<string, string>;
const TABLES: Record<Locale, () => Promise<{ default: Table }>> = {
  zh: () => import("../locales/zh.json"),
  en: () => import("../locales/en.json"),
  ru: () => import("../locales/ru.json"),
};
const STORED = "kouan.locale";

function firstLocale(): Locale {
  const wanted = [localStorage.getItem(STORED) ?? "", ...navigator.languages].map((one) => one.slice(0, 2));
  return wanted.find((one): one is Locale => one in TABLES) ?? "en";
}

export const locale = signal<Locale>(firstLocale());
const table = signal<Table>({});

async function show(next: Locale): Promise<void> {
  const { default: words } = await TABLES[next]();
  batch(() => {
    table.value = words;
    locale.value = next;
  });
  document.documentElement.lang = next;
}

/** Load the first language; call before anything is rendered. */
export async function startWords(): Promise<void> {
  await show(locale.value);
  setTimeout(() => Object.values(TABLES).forEach((load) => void load().catch(() => undefined)), 3000);
}

/** Change the language here and for the next start. Without its words the present one stays. */
export async function setLocale(next: Locale): Promise<void> {
  localStorage.setItem(STORED, next);
  await show(next).catch(() => undefined);
}

/** The text of a key in the present language, `{name}` filled from `params`. */
export function t(key: Key, params: Params = {}): string {
  return fill(table.value[key] ?? key, params);
}

/** The text of `group.code` when there is one, else the code itself: a newer server must not break an older screen. */
export function tCode(group: CodeGroup, code: string, params: Params = {}): string {
  const text = table.value[`${group}.${code}`];
  return text === undefined ? code : fill(text, params);
}

/** The text of a key, or the text itself when it is none: a choice may be data (a lot) or an action. */
export const tIfKey = (text: string): string => table.value[text] ?? text;

function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => (name in params ? written(params[name]) : "…"));
}

function written(value: unknown): string {
  return typeof value === "number" ? value.toLocaleString(locale.value) : String(value);
}

export const number = (value: number, digits = 0): string =>
  value.toLocaleString(locale.value, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const percent = (share: number): string =>
  share.toLocaleString(locale.value, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const kilograms = (grams: number | null | undefined): string =>
  grams === null || grams === undefined ? "—" : `${number(grams / 1000, 3)} ${t("unit.kg")}`;

export const clock = (iso: string): string =>
  new Date(iso).toLocaleTimeString(locale.value, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const moment = (iso: string): string =>
  new Date(iso).toLocaleString(locale.value, { dateStyle: locale.value === "en" ? "medium" : "short", timeStyle: "medium", hourCycle: "h23" });
