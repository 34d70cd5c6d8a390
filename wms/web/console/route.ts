// The page in the address: #/line, #/code/RA473124829CN … so that every view can be linked and the back button works.
import { computed, signal } from "@preact/signals";

const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));

export const route = computed(() => {
  const [page = "", ...rest] = hash.value.replace(/^#\//, "").split("/");
  return { page: page || "line", rest: rest.map(decodeURIComponent) };
});

export function go(page: string, ...rest: string[]): void {
  location.hash = `#/${[page, ...rest.map(encodeURIComponent)].join("/")}`;
}
