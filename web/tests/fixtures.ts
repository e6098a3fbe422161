/** Small inputs that the tests of several modules share. */

import type { FieldConfig, Panel } from "../src/dashboard/model";
import type { ChartTheme } from "../src/field/colors";
import type { PanelInput } from "../src/panels/panel";
import type { Point, Series } from "../src/query/series";

export const THEME: ChartTheme = {
  text: "#101010",
  mutedText: "#808080",
  gridLine: "#eeeeee",
  background: "#ffffff",
  track: "#dddddd",
  fontFamily: "sans-serif",
  palette: ["#000001", "#000002", "#000003"],
  hues: {
    red: "#f2495c",
    orange: "#ff9830",
    yellow: "#fade2a",
    green: "#73bf69",
    blue: "#5794f2",
    purple: "#b877d9",
  },
};

export function seriesNamed(name: string, points: Point[], refId = "A"): Series {
  return { name, refId, labels: {}, points };
}

export function panelOf(
  type: string,
  defaults: FieldConfig = {},
  options: Readonly<Record<string, unknown>> = {},
): Panel {
  const gridPos = { x: 0, y: 0, w: 12, h: 8 };
  return { id: 1, type, title: "A panel", gridPos, options, fieldConfig: { defaults } };
}

export function inputOf(panel: Panel, series: Series[]): PanelInput {
  return {
    panel,
    series,
    range: { fromMs: 0, toMs: 60_000 },
    stepMs: 10_000,
    size: { width: 600, height: 240 },
    theme: THEME,
    hidden: new Set(),
  };
}
