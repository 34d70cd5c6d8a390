// One colour a destination, from a palette that colour-blind people can tell apart (Okabe and Ito, 2008).
const COLOURS: Record<string, string> = {
  MOW: "#0072b2",
  SVX: "#e69f00",
  IKT: "#009e73",
  UUD: "#cc79a7",
  ZAB: "#56b4e9",
  VVO: "#d55e00",
};

export const DESTINATIONS = Object.keys(COLOURS);
export const colourOf = (destination: string): string => COLOURS[destination] ?? "#7d8791";
