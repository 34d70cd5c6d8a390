import { useLayoutEffect, useRef } from "preact/hooks";

const MOST_LINES = 3;

/** Words as big as the screen allows: huge, unless a word would leave the screen or they would take more than three lines. */
export function BigText({ text }: { text: string }) {
  const shown = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    const element = shown.current;
    if (element === null) return;
    element.classList.add("huge");
    const lines = element.clientHeight / parseFloat(getComputedStyle(element).lineHeight);
    if (element.scrollWidth > element.clientWidth || Math.round(lines) > MOST_LINES) element.classList.remove("huge");
  }, [text]);
  return <h1 ref={shown} class="todo huge">{text}</h1>;
}
