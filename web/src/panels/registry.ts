/** The panel types that the page can draw, by Grafana's names. */

import { gauge } from "./gauge";
import type { PanelType } from "./panel";
import { stateTimeline } from "./stateTimeline";
import { timeseries } from "./timeseries";

const PANEL_TYPES: ReadonlyMap<string, PanelType> = new Map([
  ["gauge", gauge],
  ["state-timeline", stateTimeline],
  ["timeseries", timeseries],
]);

export function panelType(name: string): PanelType | undefined {
  return PANEL_TYPES.get(name);
}
