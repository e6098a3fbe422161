/** Dark and light: the system's wish, or the person's own, remembered. */

import { HUES, type ChartTheme, type Hue } from "../field/colors";

type Mode = "dark" | "light";

const KEY = "mephisto-metrics-theme";
const SYSTEM_LIGHT = "(prefers-color-scheme: light)";

/** Puts the mode on the root element, where the style sheet looks for it. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = currentMode();
}

export function currentMode(): Mode {
  const remembered = localStorage.getItem(KEY);
  if (remembered === "dark" || remembered === "light") return remembered;
  return matchMedia(SYSTEM_LIGHT).matches ? "light" : "dark";
}

/** Switches to the other mode and remembers it. */
export function toggleTheme(): void {
  localStorage.setItem(KEY, currentMode() === "dark" ? "light" : "dark");
  applyTheme();
}

/** Calls back when the system's wish changes. */
export function onSystemTheme(changed: () => void): void {
  matchMedia(SYSTEM_LIGHT).addEventListener("change", () => {
    applyTheme();
    changed();
  });
}

const PALETTE_SIZE = 8;

/** By mode: to ask the style sheet makes the browser work out the styles of all that has changed. */
const known = new Map<string, ChartTheme>();

/** The colours of the style sheet, which is their one home. */
export function readChartTheme(): ChartTheme {
  const mode = document.documentElement.dataset.theme ?? "";
  const theme = known.get(mode) ?? readStyleSheet();
  known.set(mode, theme);
  return theme;
}

function readStyleSheet(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: token("--text"),
    mutedText: token("--text-muted"),
    gridLine: token("--grid-line"),
    background: token("--panel"),
    track: token("--track"),
    fontFamily: token("--font"),
    palette: Array.from({ length: PALETTE_SIZE }, (_, index) => token(`--series-${index + 1}`)),
    hues: Object.fromEntries(HUES.map((hue) => [hue, token(`--${hue}`)])) as Record<Hue, string>,
  };
}
