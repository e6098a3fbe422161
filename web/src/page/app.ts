/** The page as a whole: what is shown, and what is read for it. */

import { StoreUnreachable } from "../api/fetch";
import { QueryError, type TimeRange } from "../api/prometheus";
import type { Snapshot } from "../api/snapshot";
import { fetchConfig, type Config, type DashboardEntry } from "../api/server";
import { sharingOf } from "../chart/sharing";
import { timeCharts } from "../chart/timeCharts";
import type { Dashboard } from "../dashboard/model";
import { h } from "../dom";
import { loadChoices } from "../query/choices";
import { parseDurationMs } from "../query/duration";
import { lastOperatorRange, operatorPresence, type Presence } from "../query/operators";
import type { Choice } from "../query/template";
import { rangeProblem, resolveRange } from "../query/time";
import { shortcutsOf, stateActions, type Actions } from "./actions";
import { AgeView } from "./ageView";
import { AlertsView } from "./alertsView";
import { AnnotationsView } from "./annotationsView";
import { Board } from "./board";
import { firstVisit } from "./firstVisit";
import { helpDialog } from "./helpDialog";
import { Navigation } from "./navigation";
import { NoticeBar } from "./noticeBar";
import * as notices from "./notices";
import { closeOtherPopovers } from "./popover";
import type { RefreshRequest } from "./panelView";
import { RefreshCycle } from "./refreshCycle";
import { listenForShortcuts } from "./shortcuts";
import { clearProbes } from "./testInterface";
import { onSystemTheme, toggleTheme } from "./theme";
import { saveSnapshot } from "./saveSnapshot";
import { SnapshotBar, snapshotNotice } from "./snapshotBar";
import { Toolbar } from "./toolbar";

/** How soon to look for a store that was away, whatever the auto-refresh says. */
const RETRY_MS = 5000;
/** How soon to look again for the first Operator. */
const FIRST_OPERATOR_MS = 2000;

export class App {
  private readonly navigation: Navigation;
  private readonly cycle = new RefreshCycle((signal) => this.refreshed(signal));
  private readonly age = new AgeView();
  private readonly toolbar: Toolbar | SnapshotBar;
  private readonly noticeBar = new NoticeBar();
  private readonly annotations: AnnotationsView;
  private readonly alerts: AlertsView;
  private readonly main = h("main", { class: "dashboard", id: "panels", tabindex: "-1" });
  private readonly guide: HTMLElement;
  private readonly help: HTMLDialogElement;
  private readonly board: Board;
  private isGuideWanted = true;
  private choices: Choice[] = [];
  private drawnTimeZone: string;
  /** That was read last. */
  private range: TimeRange | undefined;

  constructor(
    private readonly dashboards: readonly DashboardEntry[],
    private readonly dashboard: Dashboard,
    private readonly config: Config,
    private readonly snapshot?: Snapshot,
  ) {
    this.navigation = new Navigation(dashboard, () => {
      this.changed();
    });
    this.drawnTimeZone = this.navigation.state.timeZone;
    const actions = this.actions();
    this.toolbar =
      snapshot === undefined
        ? new Toolbar(actions, this.age.element)
        : new SnapshotBar(snapshot, actions);
    this.alerts = new AlertsView(dashboard.uid);
    this.annotations = new AnnotationsView(dashboard);
    this.guide = firstVisit(config.scrape_interval_seconds, () => {
      this.isGuideWanted = false;
      void this.cycle.now();
    });
    timeCharts.sharing = sharingOf(dashboard.graphTooltip);
    clearProbes();
    this.board = new Board(dashboard, this.navigation, (error) => {
      this.reportFailure(error);
      this.cycle.planIn(RETRY_MS);
    });
    const shortcuts = [...shortcutsOf(actions), ...this.board.shortcuts()];
    this.help = helpDialog(shortcuts);
    listenForShortcuts(shortcuts);
  }

  /** Puts the page into `host` and reads. */
  mount(host: HTMLElement): void {
    document.title = this.dashboard.title;
    this.guide.hidden = true;
    this.main.replaceChildren(this.guide, this.annotations.element, this.board.element);
    host.replaceChildren(
      skipLink(this.main),
      h(
        "header",
        { class: "page-header" },
        h("h1", { class: this.isTitleInToolbar() ? "in-toolbar" : "" }, this.dashboard.title),
        this.alerts.element,
        this.toolbar.element,
      ),
      ...(this.snapshot === undefined ? [] : [snapshotNotice(this.snapshot)]),
      this.noticeBar.element,
      this.main,
      this.help,
    );
    document.addEventListener("click", closeOtherPopovers);
    onSystemTheme(() => {
      this.redraw();
    });
    void this.cycle.now();
  }

  /** The list of all dashboards shows which this is. */
  private isTitleInToolbar(): boolean {
    return this.snapshot === undefined && this.dashboards.length > 1;
  }

  /** Another state is to be shown. */
  private changed(): void {
    this.board.fold();
    if (this.navigation.state.timeZone !== this.drawnTimeZone) this.redraw();
    void this.cycle.now();
  }

  /** Reads everything anew; answers when to do so again. */
  private async refreshed(signal: AbortSignal): Promise<number | undefined> {
    this.renderToolbar();
    try {
      const presence = await this.read(signal);
      const wantedMs = parseDurationMs(this.navigation.state.refresh);
      return presence === "never" ? FIRST_OPERATOR_MS : wantedMs;
    } catch (error) {
      if (!signal.aborted) this.reportFailure(error);
      return RETRY_MS;
    }
  }

  private async read(signal: AbortSignal): Promise<Presence> {
    const { state } = this.navigation;
    const nowMs = Date.now();
    const range = resolveRange(state.range, nowMs);
    if (range === undefined) {
      this.noticeBar.show(notices.invalidRange(rangeProblem(state.range, nowMs)?.text ?? ""));
      return "here";
    }
    const [presence, config] = await this.readRange(range, signal, (request) =>
      this.board.refresh(request, signal),
    );
    this.range = range;
    this.age.setRead();
    this.showPresence(presence, config.version);
    return presence;
  }

  private async readRange(
    range: TimeRange,
    signal: AbortSignal,
    readPanels: (request: RefreshRequest) => Promise<void>,
  ): Promise<[Presence, Config]> {
    const { state } = this.navigation;
    const choices = await loadChoices(this.dashboard, state.variables, range, signal);
    signal.throwIfAborted();
    this.choices = choices;
    this.renderToolbar();
    const scrapeIntervalMs = this.config.scrape_interval_seconds * 1000;
    const request = { range, choices, scrapeIntervalMs };
    const [presence, config] = await Promise.all([
      operatorPresence(range, signal),
      fetchConfig(signal),
      this.annotations.refresh(state, request, signal),
      this.alerts.refresh(signal),
      readPanels(request),
    ]);
    signal.throwIfAborted();
    return [presence, config];
  }

  /** Saves exactly what is shown; no refresh may come in between. */
  private async save(): Promise<void> {
    const { dashboard, range } = this;
    if (range === undefined) return;
    const { signal } = new AbortController();
    const view = { dashboard, range, state: this.navigation.state, version: this.config.version };
    this.cycle.stop();
    try {
      await saveSnapshot(view, () =>
        this.readRange(range, signal, (request) => this.board.refreshAll(request, signal)),
      );
    } catch (error) {
      this.reportFailure(error);
    }
    const delayMs = parseDurationMs(this.navigation.state.refresh);
    if (delayMs !== undefined && delayMs > 0) this.cycle.planIn(delayMs);
  }

  private showPresence(presence: Presence, version: string): void {
    const showsGuide = presence === "never" && this.isGuideWanted;
    this.guide.hidden = !showsGuide;
    this.board.element.hidden = showsGuide;
    if (showsGuide) this.annotations.element.hidden = true;
    const showLast = (): void => {
      void this.showLastOperator();
    };
    this.noticeBar.show(
      ...(version === this.config.version ? [] : [notices.newVersion(version)]),
      ...(presence === "elsewhere" ? [notices.noOperatorInRange(showLast)] : []),
    );
  }

  private async showLastOperator(): Promise<void> {
    try {
      const range = await lastOperatorRange(new AbortController().signal);
      if (range !== undefined) this.navigation.zoomTo(range);
    } catch (error) {
      this.reportFailure(error);
    }
  }

  private reportFailure(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isTimeOver = error instanceof QueryError && error.kind === "timeout";
    const isAway = error instanceof StoreUnreachable || isTimeOver;
    this.noticeBar.show(
      isAway ? notices.storeUnreachable(reason, this.age.lastReadMs) : notices.cannotStart(reason),
    );
  }

  private renderToolbar(): void {
    const { state } = this.navigation;
    this.toolbar.render({
      dashboards: this.dashboards,
      dashboard: this.dashboard,
      state,
      choices: this.choices,
      annotations: this.annotations.switches(state),
    });
  }

  private actions(): Actions {
    const ofState = stateActions(this.navigation);
    return {
      ...ofState,
      setVariable: (name, selected) => {
        // At once, without waiting for the store.
        this.choices = this.choices.map((one) =>
          one.variable.name === name ? { ...one, selected } : one,
        );
        ofState.setVariable(name, selected);
      },
      foldAll: (isOpen) => {
        this.board.foldAll(isOpen);
      },
      refresh: () => void this.cycle.now(),
      toggleTheme: () => {
        toggleTheme();
        this.redraw();
      },
      showHelp: () => {
        this.help.showModal();
      },
      save: () => void this.save(),
    };
  }

  private redraw(): void {
    this.drawnTimeZone = this.navigation.state.timeZone;
    this.annotations.redraw();
    this.board.redraw();
  }
}

/** The first stop of the keyboard. */
function skipLink(main: HTMLElement): HTMLElement {
  const skip = (event: Event): void => {
    // Without a fragment in the address, which would be one more step of the history.
    event.preventDefault();
    main.focus();
  };
  return h("a", { class: "skip-link", href: `#${main.id}`, onclick: skip }, "Skip to the panels");
}
