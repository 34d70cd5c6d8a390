// The sites a person may see; a remembered site that is not among them gives way to the first.
import { useSignalEffect } from "@preact/signals";
import type { Schemas } from "./api";
import { type Loaded, useLoad } from "./load";
import { setSite, site } from "./site";

export function useSites(): Loaded<Schemas["SiteRow"][]> {
  const sites = useLoad<Schemas["SiteRow"][]>(() => "/api/v1/sites");
  useSignalEffect(() => {
    const known = sites.value.value;
    const first = known?.[0];
    if (first !== undefined && !known?.some((one) => one.code === site.value)) setSite(first.code);
  });
  return sites;
}
