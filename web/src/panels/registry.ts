/** The panel types that the page can draw, by Grafana's names. */

import { gauge } from "./gauge";
import { heatmap } from "./heatmap";
import type { PanelType } from "./panel";
import { stat } from "./stat";
import { stateTimeline } from "./stateTimeline";
import { table } from "./table";
import { timeseries } from "./timeseries";

const PANEL_TYPES: ReadonlyMap<string, PanelType> = new Map<string, PanelType>([
  ["gauge", gauge],
  ["heatmap", heatmap],
  ["stat", stat],
  ["state-timeline", stateTimeline],
  ["table", table],
  ["timeseries", timeseries],
]);

export function panelType(name: string): PanelType | undefined {
  return PANEL_TYPES.get(name);
}
