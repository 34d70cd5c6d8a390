import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { explain } from "../shared/api";
import { t } from "../shared/i18n";

/** The planner's desk, loaded when it is opened: its map is larger than all other pages together. */
export function Planner() {
  const desk = useSignal<ComponentType | null>(null);
  const problem = useSignal("");
  useEffect(() => {
    import("./planner/Desk")
      .then((loaded) => (desk.value = loaded.Desk))
      .catch((error: unknown) => (problem.value = explain(error)));
  }, []);
  if (problem.value) return <p class="problem">{problem.value}</p>;
  const Desk = desk.value;
  return Desk === null ? <p class="muted">{t("loading")}</p> : <Desk />;
}
