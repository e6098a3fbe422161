/** What the address holds: all that a link needs to show the same view again. */

import type { Dashboard } from "../dashboard/model";
import type { RawRange } from "../query/time";
import { BROWSER_ZONE, isTimeZone } from "../query/zone";

export interface PageState {
  /** Of the dashboard; undefined for the first one. */
  uid: string | undefined;
  range: RawRange;
  /** A duration such as `5s`, or empty for none. */
  refresh: string;
  /** `browser`, `utc`, or a zone's name. */
  timeZone: string;
  variables: ReadonlyMap<string, readonly string[]>;
  /** The panel that fills the window, by its `id`. */
  viewPanel: number | undefined;
  /** Rows that were folded or unfolded, by their `id`; all others are as the dashboard has them. */
  openRows: ReadonlyMap<number, boolean>;
  /** Annotations that were switched, by name; all others are as the dashboard has them. */
  annotations: ReadonlyMap<string, boolean>;
}

const VARIABLE_PREFIX = "var-";
const ROW_PREFIX = "row-";
const ANNOTATION_PREFIX = "annotation-";
const DEFAULT_RANGE: RawRange = { from: "now-15m", to: "now" };

/** The dashboard that the address asks for. */
export function dashboardUid(search: string): string | undefined {
  return new URLSearchParams(search).get("dashboard") ?? undefined;
}

/** The state of an address; what it leaves open is as the dashboard has it. */
export function parseState(search: string, dashboard: Dashboard): PageState {
  const parameters = new URLSearchParams(search);
  const fallback = dashboard.time ?? DEFAULT_RANGE;
  const wantedZone = parameters.get("timezone") ?? dashboard.timezone ?? "";
  const variables = namesAfter(VARIABLE_PREFIX, parameters);
  const rows = namesAfter(ROW_PREFIX, parameters);
  const annotations = namesAfter(ANNOTATION_PREFIX, parameters);
  return {
    uid: dashboardUid(search),
    range: {
      from: parameters.get("from") ?? fallback.from,
      to: parameters.get("to") ?? fallback.to,
    },
    refresh: parameters.get("refresh") ?? dashboard.refresh ?? "",
    timeZone: wantedZone !== "" && isTimeZone(wantedZone) ? wantedZone : BROWSER_ZONE,
    variables: new Map(variables.map((name) => [name, parameters.getAll(VARIABLE_PREFIX + name)])),
    viewPanel: panelId(parameters.get("viewPanel")),
    openRows: new Map(
      rows.map((name) => [Number(name), parameters.get(ROW_PREFIX + name) === "open"]),
    ),
    annotations: new Map(
      annotations.map((name) => [name, parameters.get(ANNOTATION_PREFIX + name) === "on"]),
    ),
  };
}

/** The address's query for a state. */
export function formatState(state: PageState): string {
  const parameters = new URLSearchParams();
  if (state.uid !== undefined) parameters.set("dashboard", state.uid);
  parameters.set("from", state.range.from);
  parameters.set("to", state.range.to);
  parameters.set("refresh", state.refresh);
  parameters.set("timezone", state.timeZone);
  for (const [name, values] of state.variables) {
    for (const value of values) parameters.append(VARIABLE_PREFIX + name, value);
  }
  if (state.viewPanel !== undefined) parameters.set("viewPanel", String(state.viewPanel));
  for (const [id, isOpen] of state.openRows) {
    parameters.set(`${ROW_PREFIX}${id}`, isOpen ? "open" : "closed");
  }
  for (const [name, isOn] of state.annotations) {
    parameters.set(ANNOTATION_PREFIX + name, isOn ? "on" : "off");
  }
  return `?${parameters.toString()}`;
}

function namesAfter(prefix: string, parameters: URLSearchParams): string[] {
  const keys = [...parameters.keys()].filter((key) => key.startsWith(prefix));
  return [...new Set(keys)].map((key) => key.slice(prefix.length));
}

/** Grafana writes `panel-4` for its panel 4, and older ones `4`. */
function panelId(text: string | null): number | undefined {
  const digits = /^(?:panel-)?(\d+)$/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
