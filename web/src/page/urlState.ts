/** What the address holds: dashboard, time range, refresh and variables. */

import type { Dashboard } from "../dashboard/model";
import type { RawRange } from "../query/time";

export interface PageState {
  /** Of the dashboard; undefined for the first one. */
  uid: string | undefined;
  range: RawRange;
  /** A duration such as `5s`, or empty for none. */
  refresh: string;
  variables: ReadonlyMap<string, readonly string[]>;
}

const VARIABLE_PREFIX = "var-";
const DEFAULT_RANGE: RawRange = { from: "now-15m", to: "now" };

/** The dashboard that the address asks for. */
export function dashboardUid(search: string): string | undefined {
  return new URLSearchParams(search).get("dashboard") ?? undefined;
}

/** The state of an address; what it leaves open is as the dashboard has it. */
export function parseState(search: string, dashboard: Dashboard): PageState {
  const parameters = new URLSearchParams(search);
  const fallback = dashboard.time ?? DEFAULT_RANGE;
  const names = new Set([...parameters.keys()].filter((key) => key.startsWith(VARIABLE_PREFIX)));
  return {
    uid: dashboardUid(search),
    range: {
      from: parameters.get("from") ?? fallback.from,
      to: parameters.get("to") ?? fallback.to,
    },
    refresh: parameters.get("refresh") ?? dashboard.refresh ?? "",
    variables: new Map(
      [...names].map((key) => [key.slice(VARIABLE_PREFIX.length), parameters.getAll(key)]),
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
  for (const [name, values] of state.variables) {
    for (const value of values) parameters.append(VARIABLE_PREFIX + name, value);
  }
  return `?${parameters.toString()}`;
}
