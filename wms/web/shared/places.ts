// Names of places in the journal: data like `S1-c07` stays, the few that stand for an idea are told in words.
import { t } from "./i18n";

export function placeName(name: string): string {
  if (name === "?") return t("place.unknown");
  if (name === "outside") return t("place.outside");
  if (name.startsWith("bag@")) return t("place.bag_at", { chute: name.slice(4) });
  if (/^\d{18}$/.test(name)) return t("place.bag", { sscc: name });
  const [line = "", part = ""] = name.split("-");
  if (part === "belt") return t("place.belt", { line });
  if (part === "lost") return t("place.lost", { line });
  return name;
}
