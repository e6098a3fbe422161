/** The button that says how many alerts there are, and the list behind it. */

import { fetchRules } from "../api/rules";
import { h } from "../dom";
import { alertsOf, countText, newlyFiring, panelOfHash, urgency, type Alerts } from "./alerts";
import { alertList } from "./alertsList";

export class AlertsView {
  readonly element: HTMLElement;
  private readonly count = h("span", { class: "picker-value" });
  private readonly summary = h("summary", {}, this.count);
  private readonly list = h("div", { class: "picker-list alert-list" });
  private readonly details = h("details", { class: "picker alerts" }, this.summary, this.list);
  private readonly announcement = h("div", { class: "visually-hidden", role: "status" });
  private alerts: Alerts | undefined;
  private drawn = "";

  /** `dashboard` is the uid of the one that is shown. */
  constructor(private readonly dashboard: string) {
    this.element = h(
      "div",
      { class: "control alerts-control", hidden: true },
      this.details,
      this.announcement,
    );
    this.details.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.close();
    });
  }

  /** Reads the alerts; while the store is away, what is shown stays. */
  async refresh(signal: AbortSignal): Promise<void> {
    const groups = await fetchRules(signal);
    if (!signal.aborted) this.show(alertsOf(groups));
  }

  private show(alerts: Alerts): void {
    if (this.alerts === undefined) reveal(panelOfHash(location.hash));
    else this.announce(newlyFiring(alerts, this.alerts));
    this.alerts = alerts;
    this.element.hidden = alerts.ruleCount === 0;
    this.element.dataset.urgency = urgency(alerts);
    this.count.textContent = countText(alerts);
    this.draw(alerts);
  }

  private announce(text: string): void {
    if (text !== "") this.announcement.textContent = text;
  }

  /** Only what has changed: a link that has the focus keeps it. */
  private draw(alerts: Alerts): void {
    const fingerprint = JSON.stringify([alerts, location.search]);
    if (fingerprint === this.drawn) return;
    this.drawn = fingerprint;
    const follow = (event: Event, alert: { dashboard?: string; panel?: string }): void => {
      if (alert.dashboard !== this.dashboard || !reveal(alert.panel)) return;
      event.preventDefault();
      this.details.open = false;
    };
    this.list.replaceChildren(...alertList(alerts, follow));
  }

  private close(): void {
    this.details.open = false;
    this.summary.focus();
  }
}

/** Brings a panel onto the screen, its row unfolded; false if there is none of that title. */
function reveal(title: string | undefined): boolean {
  const panels = [...document.querySelectorAll<HTMLElement>("section.panel")];
  const panel = panels.find((one) => one.dataset.panelTitle === title);
  if (title === undefined || panel === undefined) return false;
  panel.closest(".row")?.querySelector<HTMLElement>('.row-toggle[aria-expanded="false"]')?.click();
  panel.scrollIntoView({ block: "center" });
  panel.tabIndex = -1;
  panel.focus({ preventScroll: true });
  return true;
}
