/** From the flat list of panels to rows with panels in them, as Grafana lays a dashboard out. */

import type { Panel } from "./model";

/** A stretch of the dashboard under one heading; the first may have none. */
export interface Row {
  /** Of the `row` panel; undefined for panels above the first. */
  id: number | undefined;
  title: string | undefined;
  collapsed: boolean;
  panels: Panel[];
}

/**
 * Panels below an open `row` panel follow it in the list; those of a collapsed one are inside it.
 */
export function rowsOf(panels: readonly Panel[]): Row[] {
  const rows: Row[] = [{ id: undefined, title: undefined, collapsed: false, panels: [] }];
  for (const panel of panels) {
    if (panel.type === "row") {
      rows.push({
        id: panel.id,
        title: panel.title ?? "",
        collapsed: panel.collapsed ?? false,
        panels: [...(panel.panels ?? [])],
      });
    } else {
      rows.at(-1)?.panels.push(panel);
    }
  }
  return rows.filter((row) => row.title !== undefined || row.panels.length > 0);
}

/** The panel's first grid line below the top of its row, counted from 1 as CSS does. */
export function gridRowStart(panel: Panel, row: Row): number {
  const top = Math.min(...row.panels.map((other) => other.gridPos.y));
  return panel.gridPos.y - top + 1;
}
