/** The page as a whole: what is shown, when it is read again, and what the address says. */

import { StoreUnreachable } from "../api/fetch";
import { findSeries, type TimeRange } from "../api/prometheus";
import { fetchConfig, fetchDashboard, listDashboards, type DashboardEntry } from "../api/server";
import { loadChoices } from "../query/choices";
import { rowsOf } from "../dashboard/layout";
import type { Dashboard } from "../dashboard/model";
import { parseDurationMs } from "../query/duration";
import type { Choice } from "../query/template";
import { absolute, resolveRange, zoomOut, type RawRange } from "../query/time";
import { h } from "../dom";
import { AlertsView } from "./alertsView";
import * as notices from "./notices";
import { RowView } from "./rowView";
import { clearProbes } from "./testInterface";
import { onSystemTheme, toggleTheme } from "./theme";
import { renderToolbar, type ToolbarActions } from "./toolbar";
import { dashboardUid, formatState, parseState, type PageState } from "./urlState";
import { closeOtherPickers } from "./variablePicker";

/** How soon to look for a store that was away, whatever the auto-refresh says. */
const RETRY_MS = 5000;
const OPERATORS = 'up{job="mephisto"}';

export class App {
  private readonly title = h("h1", {}, "Mephisto metrics");
  private readonly toolbar = h("div", { class: "toolbar", role: "toolbar", "aria-label": "View" });
  private readonly notice = h("div", { class: "notices" });
  private readonly alerts: AlertsView;
  private readonly main = h("main", { class: "dashboard" });
  private rows: RowView[] = [];
  private choices: Choice[] = [];
  private drawnToolbar = "";
  private running = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastReadMs: number | undefined;
  private state: PageState;

  private constructor(
    private readonly dashboards: readonly DashboardEntry[],
    private readonly dashboard: Dashboard,
    private readonly scrapeIntervalMs: number,
  ) {
    this.state = parseState(location.search, dashboard);
    this.alerts = new AlertsView(dashboard.uid);
  }

  /** Shows the dashboard that the address names; tries again until the page's server answers. */
  static async start(host: HTMLElement): Promise<void> {
    try {
      const app = await App.load();
      app.mount(host);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      host.replaceChildren(notices.cannotStart(reason));
      setTimeout(() => void App.start(host), RETRY_MS);
    }
  }

  private static async load(): Promise<App> {
    const { signal } = new AbortController();
    const [config, dashboards] = await Promise.all([fetchConfig(signal), listDashboards(signal)]);
    const uid = dashboardUid(location.search);
    const entry = dashboards.find((one) => one.uid === uid) ?? dashboards[0];
    if (entry === undefined) throw new Error("The page's server has no dashboard");
    const dashboard = await fetchDashboard(entry.file, signal);
    return new App(dashboards, dashboard, config.scrape_interval_seconds * 1000);
  }

  private mount(host: HTMLElement): void {
    document.title = this.dashboard.title;
    this.title.textContent = this.dashboard.title;
    clearProbes();
    this.rows = rowsOf(this.dashboard.panels).map(
      (row) =>
        new RowView(
          row,
          (range) => {
            this.setRange(absolute(range));
          },
          () => void this.refresh(),
        ),
    );
    this.main.replaceChildren(...this.rows.map(({ element }) => element));
    host.replaceChildren(
      h("header", { class: "page-header" }, this.title, this.alerts.element, this.toolbar),
      this.notice,
      this.main,
    );
    this.listen();
    void this.refresh();
  }

  private listen(): void {
    window.addEventListener("popstate", () => {
      this.state = parseState(location.search, this.dashboard);
      void this.refresh();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.refresh();
    });
    document.addEventListener("click", closeOtherPickers);
    onSystemTheme(() => {
      this.redraw();
    });
  }

  /** Reads everything anew; a refresh that still runs is given up. */
  private async refresh(): Promise<void> {
    this.running.abort();
    clearTimeout(this.timer);
    const { signal } = (this.running = new AbortController());
    this.renderToolbar();
    try {
      await this.read(signal);
      if (!signal.aborted) this.schedule(parseDurationMs(this.state.refresh));
    } catch (error) {
      if (!signal.aborted) this.reportFailure(error);
    }
  }

  private async read(signal: AbortSignal): Promise<void> {
    const { from, to } = this.state.range;
    const range = resolveRange(this.state.range, Date.now());
    if (range === undefined) {
      this.notice.replaceChildren(notices.invalidRange(from, to));
      return;
    }
    const choices = await loadChoices(this.dashboard, this.state.variables, range, signal);
    signal.throwIfAborted();
    this.choices = choices;
    this.renderToolbar();
    const [operators] = await Promise.all([
      findSeries(OPERATORS, range, signal),
      ...this.readPanels(range, signal),
      this.alerts.refresh(signal),
    ]);
    signal.throwIfAborted();
    this.lastReadMs = Date.now();
    this.notice.replaceChildren(...(operators.length === 0 ? [notices.noOperator()] : []));
  }

  private readPanels(range: TimeRange, signal: AbortSignal): Promise<void>[] {
    const { choices, scrapeIntervalMs } = this;
    const request = { range, choices, scrapeIntervalMs };
    const open = this.rows.filter(({ isOpen }) => isOpen);
    return open.flatMap(({ panels }) => panels.map((panel) => panel.refresh(request, signal)));
  }

  private reportFailure(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof StoreUnreachable)) {
      this.notice.replaceChildren(notices.cannotStart(reason));
    } else {
      this.notice.replaceChildren(notices.storeUnreachable(reason, this.lastReadMs));
    }
    this.schedule(RETRY_MS);
  }

  private schedule(delayMs: number | undefined): void {
    if (delayMs === undefined || delayMs === 0) return;
    this.timer = setTimeout(() => {
      // A page that nobody looks at asks for nothing; it catches up when it is seen again.
      if (document.visibilityState === "visible") void this.refresh();
    }, delayMs);
  }

  private renderToolbar(): void {
    const model = {
      dashboards: this.dashboards,
      uid: this.dashboard.uid,
      state: this.state,
      defaultRange: this.dashboard.time,
      choices: this.choices,
    };
    const fingerprint = JSON.stringify([model, [...this.state.variables]]);
    // Building it anew would close a dropdown that is open just now.
    if (fingerprint === this.drawnToolbar) return;
    this.drawnToolbar = fingerprint;
    renderToolbar(this.toolbar, model, this.actions());
  }

  private actions(): ToolbarActions {
    return {
      showDashboard: (uid) => {
        location.search = formatState({ ...this.state, uid });
      },
      setRange: (range) => {
        this.setRange(range);
      },
      setRefresh: (refresh) => {
        this.go({ ...this.state, refresh });
      },
      setVariable: (name, selected) => {
        this.setVariable(name, selected);
      },
      zoomOut: () => {
        this.zoomOut();
      },
      refresh: () => void this.refresh(),
      toggleTheme: () => {
        toggleTheme();
        this.redraw();
      },
    };
  }

  private setRange(range: RawRange): void {
    this.go({ ...this.state, range });
  }

  private setVariable(name: string, selected: string[]): void {
    const variables = new Map(this.state.variables).set(name, selected);
    this.choices = this.choices.map((one) =>
      one.variable.name === name ? { ...one, selected } : one,
    );
    this.go({ ...this.state, variables });
  }

  private zoomOut(): void {
    const nowMs = Date.now();
    const range = resolveRange(this.state.range, nowMs);
    if (range !== undefined) this.setRange(absolute(zoomOut(range, nowMs)));
  }

  /** Enters a new state into the browser's history and shows it. */
  private go(state: PageState): void {
    this.state = state;
    history.pushState(null, "", formatState(state));
    void this.refresh();
  }

  private redraw(): void {
    for (const { panels } of this.rows)
      panels.forEach((panel) => {
        panel.redraw();
      });
  }
}
