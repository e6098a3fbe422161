/** The alerts one below the other, each with what it means and where to look. */

import { h } from "../dom";
import { formatInstant } from "../query/clock";
import { panelAddress, type Alerts, type FailingRule, type ShownAlert } from "./alerts";

/** `follow` gets the click on an alert's link. */
export function alertList(
  { active, failing, ruleCount }: Alerts,
  follow: (event: Event, alert: ShownAlert) => void,
): HTMLElement[] {
  const watching = `${ruleCount} ${ruleCount === 1 ? "rule looks" : "rules look"} for trouble.`;
  const quiet = active.length === 0 ? [h("p", { class: "alerts-quiet" }, `None. ${watching}`)] : [];
  return [
    ...quiet,
    ...active.map((alert) => entry(alert, follow)),
    ...failing.map((rule) => failure(rule)),
  ];
}

function entry(alert: ShownAlert, follow: (event: Event, alert: ShownAlert) => void): HTMLElement {
  const { severity, isFiring, summary, description, labels } = alert;
  return h(
    "article",
    { class: "alert", "data-urgency": isFiring ? severity : "pending" },
    h("h3", {}, h("span", { class: "alert-state" }, stateText(alert)), summary),
    ...(description === "" ? [] : [h("p", {}, description)]),
    h("p", { class: "alert-labels" }, ...labels.map((label) => h("code", {}, label.join("=")))),
    ...panelLink(alert, follow),
  );
}

function stateText({ isFiring, severity, sinceMs }: ShownAlert): string {
  const since = sinceMs === undefined ? "" : ` since ${formatInstant(sinceMs)}`;
  return isFiring ? `${severity}, firing${since}` : `pending (${severity})${since}`;
}

function panelLink(
  alert: ShownAlert,
  follow: (event: Event, alert: ShownAlert) => void,
): HTMLElement[] {
  const href = panelAddress(alert, location.search);
  if (href === undefined) return [];
  const onclick = (event: Event): void => {
    follow(event, alert);
  };
  return [h("a", { href, onclick }, alert.panel ?? "Its dashboard")];
}

function failure({ name, error }: FailingRule): HTMLElement {
  return h(
    "article",
    { class: "alert", "data-urgency": "failing" },
    h("h3", {}, h("span", { class: "alert-state" }, "can not be evaluated"), name),
    h("p", {}, error),
  );
}
