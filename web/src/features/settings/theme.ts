/** The themes a reader may choose; `auto` follows the device. */
export const THEMES = ["auto", "light", "dark", "field"] as const;
export type Theme = (typeof THEMES)[number];

const KEPT = "apis-theme";

export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return THEMES.find((one) => one === kept) ?? "auto";
}

export function show(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function choose(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  show(theme);
}
