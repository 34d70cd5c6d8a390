import type { Schemas } from "../../shared/api";
import { kilograms, number, t, tCode } from "../../shared/i18n";
import { colourOf } from "./colours";

type Chute = Schemas["ChuteView"];

/** One bar a chute, filling towards its bag. State has a word and a shape beside its colour. */
export function Chutes({ chutes }: { chutes: Chute[] }) {
  return (
    <ul class="chutes">
      {chutes.map((chute) => (
        <ChuteBar key={chute.name} chute={chute} />
      ))}
    </ul>
  );
}

function ChuteBar({ chute }: { chute: Chute }) {
  const fill = chute.bag === null ? 0 : Math.min(1, Math.max(chute.bag.parcels / chute.bag_max_parcels, chute.bag.weight_g / chute.bag_max_weight_g));
  const serves = chute.role === null ? chute.serves[0] ?? t("chute.spare") : tCode("role", chute.role);
  const title = chute.bag === null ? t("chute.no_bag") : t("chute.bag", { parcels: chute.bag.parcels, weight: kilograms(chute.bag.weight_g) });
  return (
    <li class={`chute ${chute.state} ${chute.role === null ? "" : "special"}`} title={`${chute.name}: ${chute.serves.join(", ")} ${title}`}>
      <span class="chute-name">{chute.name}</span>
      <span class="bar" aria-hidden="true">
        <i style={{ height: `${Math.round(fill * 100)}%`, background: colourOf((chute.serves[0] ?? "").split(" ")[0] ?? "") }} />
      </span>
      <span class="num chute-count">{chute.role === null ? number(chute.bag?.parcels ?? 0) : number(chute.parcels_total)}</span>
      <span class={`chute-serves ${chute.state}`}>{chute.state === "open" ? serves : `■ ${tCode("chute", chute.state)}`}</span>
    </li>
  );
}
