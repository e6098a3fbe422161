/** What the graphs of a dashboard share while the pointer is over one of them. */

/** By the dashboard's `graphTooltip`: 0, 1 and 2. */
export type Sharing = "nothing" | "crosshair" | "tooltip";

export function sharingOf(graphTooltip: number | undefined): Sharing {
  if (graphTooltip === 2) return "tooltip";
  return graphTooltip === 1 ? "crosshair" : "nothing";
}
