/** The line of controls: dashboard, variables, time range, zoom out, refresh, theme. */

import type { DashboardEntry } from "../api/server";
import { formatInstant } from "../query/clock";
import type { Choice } from "../query/template";
import { resolveRange, type RawRange } from "../query/time";
import { dropdown, h } from "../dom";
import type { PageState } from "./urlState";
import { variablePicker } from "./variablePicker";

const RANGES: readonly (readonly [string, string])[] = [
  ["now-5m", "Last 5 minutes"],
  ["now-15m", "Last 15 minutes"],
  ["now-30m", "Last 30 minutes"],
  ["now-1h", "Last 1 hour"],
  ["now-3h", "Last 3 hours"],
  ["now-6h", "Last 6 hours"],
  ["now-12h", "Last 12 hours"],
  ["now-24h", "Last 24 hours"],
  ["now-2d", "Last 2 days"],
  ["now-7d", "Last 7 days"],
];

const REFRESH_INTERVALS: readonly (readonly [string, string])[] = [
  ["", "Off"],
  ["5s", "5 s"],
  ["10s", "10 s"],
  ["30s", "30 s"],
  ["1m", "1 min"],
  ["5m", "5 min"],
];

export interface ToolbarModel {
  dashboards: readonly DashboardEntry[];
  uid: string;
  state: PageState;
  /** The dashboard's own range, offered too where it is not a usual one. */
  defaultRange: RawRange | undefined;
  choices: readonly Choice[];
}

export interface ToolbarActions {
  showDashboard: (uid: string) => void;
  setRange: (range: RawRange) => void;
  setRefresh: (refresh: string) => void;
  setVariable: (name: string, selected: string[]) => void;
  zoomOut: () => void;
  refresh: () => void;
  toggleTheme: () => void;
}

/** Built anew when its model changes; what is open or has the focus is kept. */
export function renderToolbar(
  host: HTMLElement,
  model: ToolbarModel,
  actions: ToolbarActions,
): void {
  const open = host.querySelector<HTMLElement>("details.picker[open]")?.dataset.variable;
  const focused = focusKey(host);
  host.replaceChildren(
    ...dashboardControl(model, actions),
    ...model.choices.map((choice) =>
      variablePicker(choice, choice.variable.name === open, (selected) => {
        actions.setVariable(choice.variable.name, selected);
      }),
    ),
    h("span", { class: "spacer" }),
    ...timeControls(model, actions),
    themeButton(actions),
  );
  restoreFocus(host, focused);
}

function dashboardControl(
  { dashboards, uid }: ToolbarModel,
  { showDashboard }: ToolbarActions,
): HTMLElement[] {
  if (dashboards.length < 2) return [];
  const options = dashboards.map((one) => ({ value: one.uid, text: one.title }));
  return [dropdown("Dashboard", options, uid, showDashboard)];
}

function timeControls(model: ToolbarModel, actions: ToolbarActions): HTMLElement[] {
  const { range, refresh } = model.state;
  const intervals = withCurrent(REFRESH_INTERVALS, refresh, refresh);
  return [
    dropdown("Time range", rangeOptions(model), rangeKey(range), (key) => {
      const [from = "", to = ""] = key.split("/");
      actions.setRange({ from, to });
    }),
    button("Zoom out", "zoom-out", actions.zoomOut),
    button("Refresh", "refresh", actions.refresh),
    dropdown("Auto-refresh", intervals, refresh, actions.setRefresh),
  ];
}

function rangeOptions({ state, defaultRange }: ToolbarModel) {
  const usual = RANGES.map(([from, text]) => [`${from}/now`, text] as const);
  const own = defaultRange
    ? withCurrent(usual, rangeKey(defaultRange), `${rangeText(defaultRange)} (default)`)
    : usual.map(([value, text]) => ({ value, text }));
  const pairs = own.map(({ value, text }) => [value, text] as const);
  return withCurrent(pairs, rangeKey(state.range), rangeText(state.range));
}

function withCurrent(
  pairs: readonly (readonly [string, string])[],
  current: string,
  text: string,
): { value: string; text: string }[] {
  const options = pairs.map(([value, name]) => ({ value, text: name }));
  return options.some(({ value }) => value === current)
    ? options
    : [...options, { value: current, text }];
}

function rangeKey({ from, to }: RawRange): string {
  return `${from}/${to}`;
}

function rangeText(raw: RawRange): string {
  const isAbsolute = /^\d+$/.test(raw.from);
  const range = isAbsolute ? resolveRange(raw, Date.now()) : undefined;
  if (range === undefined) return `${raw.from} to ${raw.to}`;
  return `${formatInstant(range.fromMs)} to ${formatInstant(range.toMs)}`;
}

function button(text: string, name: string, click: () => void): HTMLElement {
  return h("button", { type: "button", class: `button ${name}`, name, onclick: click }, text);
}

function themeButton({ toggleTheme }: ToolbarActions): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: "button theme",
      name: "theme",
      "aria-label": "Switch between dark and light",
      title: "Switch between dark and light",
      onclick: toggleTheme,
    },
    "◐",
  );
}

/** The position of the focused control among those that can have the focus. */
function focusKey(host: HTMLElement): number {
  return focusable(host).findIndex((element) => element === document.activeElement);
}

function restoreFocus(host: HTMLElement, index: number): void {
  if (index >= 0) focusable(host)[index]?.focus();
}

function focusable(host: HTMLElement): HTMLElement[] {
  return [...host.querySelectorAll<HTMLElement>("select, button, summary, input")];
}
