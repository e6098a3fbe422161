/** What fires, in the order in which it matters, and how it is put into words. */

import type { Alert, Rule, RuleGroup } from "../api/rules";

/** The most severe first; any other label counts as a warning. */
const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Labels that the page shows by other means. */
const SHOWN_OTHERWISE = new Set(["alertname", "severity"]);

export interface ShownAlert {
  /** The same for the same alert in every answer. */
  key: string;
  name: string;
  severity: Severity;
  isFiring: boolean;
  summary: string;
  description: string;
  sinceMs: number | undefined;
  labels: readonly (readonly [string, string])[];
  operator: string | undefined;
  /** The uid of the dashboard that it concerns, and the title of the panel. */
  dashboard: string | undefined;
  panel: string | undefined;
}

export interface FailingRule {
  name: string;
  error: string;
}

export interface Alerts {
  /** How many rules look for something. */
  ruleCount: number;
  active: readonly ShownAlert[];
  failing: readonly FailingRule[];
}

/** Firing before pending, severe before less severe, new before old. */
export function alertsOf(groups: readonly RuleGroup[]): Alerts {
  const rules = groups.flatMap((group) => group.rules ?? []);
  const alerting = rules.filter(({ type }) => type === "alerting");
  const active = alerting.flatMap(({ alerts }) => (alerts ?? []).filter(isActive).map(shown));
  return {
    ruleCount: alerting.length,
    active: active.sort(byImportance),
    failing: rules.filter(isFailing).map(({ name, lastError }) => ({
      name,
      error: lastError ?? "no reason given",
    })),
  };
}

/** For the button: `2 alerts firing (critical), 1 pending`. */
export function countText({ active }: Alerts): string {
  const firing = active.filter(({ isFiring }) => isFiring);
  const pending = active.length - firing.length;
  if (active.length === 0) return "No alerts";
  if (firing.length === 0) return `${alertCount(pending)} pending`;
  const text = `${alertCount(firing.length)} firing (${firing[0]?.severity ?? "warning"})`;
  return pending === 0 ? text : `${text}, ${pending} pending`;
}

/** What the button is coloured by: the most severe that fires, or else that something is pending. */
export function urgency({ active }: Alerts): Severity | "pending" | "none" {
  const [first] = active;
  if (first === undefined) return "none";
  return first.isFiring ? first.severity : "pending";
}

/** For a screen reader: the alerts that fire now and did not before; empty if there are none. */
export function newlyFiring(now: Alerts, before: Alerts): string {
  const known = new Set(before.active.filter(({ isFiring }) => isFiring).map(({ key }) => key));
  const fresh = now.active.filter(({ key, isFiring }) => isFiring && !known.has(key));
  return fresh.map(({ severity, summary }) => `Alert, ${severity}: ${summary}.`).join(" ");
}

/** The address of the panel that an alert concerns, limited to its Operator; the view's time stays. */
export function panelAddress(alert: ShownAlert, search: string): string | undefined {
  if (alert.dashboard === undefined) return undefined;
  const parameters = new URLSearchParams(search);
  parameters.set("dashboard", alert.dashboard);
  if (alert.operator !== undefined) parameters.set("var-operator", alert.operator);
  const panel = alert.panel === undefined ? "" : `#${PANEL_HASH}${encodeURIComponent(alert.panel)}`;
  return `?${parameters.toString()}${panel}`;
}

const PANEL_HASH = "panel=";

/** The title of the panel that an address points to. */
export function panelOfHash(hash: string): string | undefined {
  if (!hash.startsWith(`#${PANEL_HASH}`)) return undefined;
  try {
    return decodeURIComponent(hash.slice(PANEL_HASH.length + 1));
  } catch {
    return undefined;
  }
}

function isActive({ state }: Alert): boolean {
  return state === "firing" || state === "pending";
}

function isFailing({ health }: Rule): boolean {
  return health !== undefined && health !== "ok" && health !== "unknown";
}

function shown({ labels, annotations = {}, state, activeAt }: Alert): ShownAlert {
  const sinceMs = Date.parse(activeAt ?? "");
  const entries = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  const name = labels.alertname ?? "alert";
  return {
    key: JSON.stringify(entries),
    name,
    severity: SEVERITIES.find((severity) => severity === labels.severity) ?? "warning",
    isFiring: state === "firing",
    summary: annotations.summary ?? name,
    description: annotations.description ?? "",
    sinceMs: Number.isNaN(sinceMs) ? undefined : sinceMs,
    labels: entries.filter(([label]) => !SHOWN_OTHERWISE.has(label)),
    operator: labels.operator,
    dashboard: annotations.dashboard,
    panel: annotations.panel,
  };
}

function byImportance(one: ShownAlert, other: ShownAlert): number {
  return (
    Number(other.isFiring) - Number(one.isFiring) ||
    SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
    (other.sinceMs ?? 0) - (one.sinceMs ?? 0) ||
    (one.key < other.key ? -1 : 1)
  );
}

function alertCount(count: number): string {
  return count === 1 ? "1 alert" : `${count} alerts`;
}
