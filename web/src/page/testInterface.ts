/** What the page shows, readable by a test in a real browser (see README.md). */

import { presentPoints, type Series } from "../query/series";
import type { Drawing } from "../panels/panel";

export interface PanelProbe {
  /** The option that ECharts was given last; undefined before the first drawing. */
  option: () => unknown;
  /** The series behind the drawing, points without a value left out. */
  data: () => { legend: string; points: (readonly [number, number])[] }[];
}

declare global {
  interface Window {
    __mephistoMetrics?: { panels: Record<string, PanelProbe> };
  }
}

/** Forgets all panels: another dashboard is shown. */
export function clearProbes(): void {
  window.__mephistoMetrics = { panels: {} };
}

/** Makes the panel called `title` readable. */
export function publishProbe(
  title: string,
  drawing: () => Drawing | undefined,
  series: () => readonly Series[],
): void {
  window.__mephistoMetrics ??= { panels: {} };
  window.__mephistoMetrics.panels[title] = {
    option: () => drawing()?.option,
    data: () => series().map((one) => ({ legend: one.name, points: presentPoints(one) })),
  };
}
