/** One panel on the page: header, chart, legend, table of values, and the state it is in. */

import { StoreUnreachable } from "../api/fetch";
import type { Panel } from "../dashboard/model";
import type { PanelType, ValueRow } from "../panels/panel";
import { panelType } from "../panels/registry";
import { csvOf } from "../query/csv";
import { loadPanel, type Loaded, type LoadRequest } from "../query/load";
import { hasValues } from "../query/series";
import type { TimeRange } from "../api/prometheus";
import { h } from "../dom";
import { announce } from "./announcer";
import { DrawingView } from "./drawingView";
import { nextTurn } from "./drawQueue";
import { EmptyReason } from "./emptyReason";
import { copyText, downloadText, fileName } from "./files";
import { IdleWork } from "./idleWork";
import { showInspector, type Tab } from "./inspector";
import { panelHeader, problemBadge } from "./panelHeader";
import type { MenuEntry } from "./panelMenu";
import { failureReason, type Reason } from "./reasons";
import { publishProbe } from "./testInterface";
import { bucketTable, seriesTable } from "./valueTable";

export type PanelState = "loading" | "ready" | "empty" | "error";

/** What all panels of a refresh have in common. */
export type RefreshRequest = Omit<LoadRequest, "panel" | "widthPixels">;

/** What a panel asks of the page. */
export interface PanelActions {
  zoom: (range: TimeRange) => void;
  /** Fills the page with the panel of this id, or shows all again. */
  toggleView: (id: number) => void;
  /** An address that shows the panel alone; undefined where the page has none. */
  linkTo: (id: number, range: TimeRange) => string | undefined;
}

const GRID_COLUMNS = 24;
const NOTHING: Loaded = { series: [], stepMs: 0, queries: [] };

export class PanelView {
  readonly element: HTMLElement;
  private readonly type: PanelType | undefined;
  private readonly view: DrawingView;
  private readonly tableHost = h("div", { class: "values visually-hidden" });
  private readonly message = h("div", { class: "panel-message" });
  private readonly problem = h("span", { class: "problem" });
  private readonly summary: HTMLElement;
  private readonly emptyReason = new EmptyReason();
  private readonly words = new IdleWork();
  private loaded = NOTHING;
  private request: LoadRequest | undefined;
  /** Of the data that is shown; another view of the store may not keep it. */
  private shownView = "";
  private failure: Reason | undefined;
  private range: TimeRange = { fromMs: 0, toMs: 1 };

  constructor(
    readonly panel: Panel,
    private readonly actions: PanelActions,
  ) {
    this.type = panelType(panel.type);
    this.view = new DrawingView(panel, this.type, actions.zoom, () => {
      this.redraw();
    });
    this.summary = h("p", { id: `summary-${panel.id}`, class: "visually-hidden" });
    this.element = this.build();
    this.setState("loading", "Loading…");
    publishProbe(
      this.title,
      () => this.view.drawing,
      () => this.loaded.series,
    );
  }

  /** Asks the store and draws. Only `StoreUnreachable` comes out; other errors show in the panel. */
  async refresh(common: RefreshRequest, signal: AbortSignal): Promise<void> {
    if (this.type === undefined) {
      this.setState("error", `This page does not draw panels of type “${this.panel.type}”.`);
      return;
    }
    const request = { ...common, panel: this.panel, widthPixels: this.widthPixels };
    this.request = request;
    try {
      const loaded = await loadPanel(request, signal);
      await nextTurn();
      if (signal.aborted) return;
      this.show(loaded, request);
      if (this.element.dataset.state === "empty") await this.explain(request, signal);
    } catch (error) {
      if (!signal.aborted) this.fail(error, request);
    }
  }

  /** Draws again what is loaded: after a change of size, theme or legend. */
  redraw(): void {
    if (this.element.dataset.state !== "ready") return;
    try {
      const drawing = this.view.draw(this.loaded, this.range);
      if (drawing === undefined) return;
      this.words.plan(() => {
        this.drawWords(drawing.values);
      });
    } catch (error) {
      this.failToDraw(error);
    }
  }

  toggleView(): void {
    this.actions.toggleView(this.panel.id);
  }

  /** Opens the dialog with the panel's data and queries. */
  inspect(tab: Tab = "data"): void {
    const { title, panel, loaded, range, request, failure } = this;
    showInspector({ title, panel, loaded, range, request, failure }, tab);
  }

  /** A table is its own values in words. */
  private get isTable(): boolean {
    return this.panel.type === "table";
  }

  private get title(): string {
    return this.panel.title ?? `Panel ${this.panel.id}`;
  }

  /** Of the chart; while it is not on the screen, what it will have there. */
  private get widthPixels(): number {
    const share = this.panel.gridPos.w / GRID_COLUMNS;
    return Math.round(this.view.size.width || share * document.documentElement.clientWidth);
  }

  private build(): HTMLElement {
    const { host } = this.view;
    if (this.type?.isContent !== true) {
      host.setAttribute("role", "img");
      host.setAttribute("aria-label", `${this.title}, ${this.panel.type}`);
      host.setAttribute("aria-describedby", this.summary.id);
    }
    return h(
      "section",
      {
        class: "panel",
        "aria-label": this.title,
        "data-panel-title": this.title,
        "data-panel-type": this.panel.type,
      },
      panelHeader(this.panel, this.title, this.problem, () => this.menuEntries()),
      this.view.element,
      this.summary,
      this.tableHost,
      this.message,
    );
  }

  private menuEntries(): MenuEntry[] {
    const isViewed = this.element.classList.contains("viewed");
    const isShown = !this.tableHost.classList.contains("visually-hidden");
    const showValues = {
      text: isShown ? "Hide values" : "Show values",
      run: () => {
        this.tableHost.classList.toggle("visually-hidden", isShown);
      },
    };
    const link = this.actions.linkTo(this.panel.id, this.range);
    return [
      {
        text: isViewed ? "Back to all panels" : "Full screen",
        key: "v",
        run: () => {
          this.toggleView();
        },
      },
      {
        text: "Inspect",
        key: "i",
        run: () => {
          this.inspect();
        },
      },
      ...(this.isTable ? [] : [showValues]),
      {
        text: "Download CSV",
        run: () => {
          const name = fileName(this.title, this.range.toMs, "csv");
          downloadText(name, "text/csv;charset=utf-8", csvOf(this.loaded.series, "joined"));
        },
      },
      ...(link === undefined ? [] : [{ text: "Copy link", run: () => void copyText(link) }]),
    ];
  }

  private show(loaded: Loaded, request: LoadRequest): void {
    this.loaded = loaded;
    this.range = request.range;
    this.shownView = viewOf(request);
    this.setFailure(undefined);
    this.element.dataset.range = `${request.range.fromMs}/${request.range.toMs}`;
    if (loaded.series.some(hasValues)) {
      this.setState("ready", "");
      this.redraw();
    } else {
      this.clear();
      this.showEmpty(this.emptyReason.atOnce(loaded, request));
    }
  }

  private async explain(request: LoadRequest, signal: AbortSignal): Promise<void> {
    if (this.wordsForNothing !== undefined) return;
    const reason = await this.emptyReason.find(this.loaded, request, signal);
    if (!signal.aborted) this.showEmpty(reason);
  }

  /** The board's author may know what it means that there is no data; Grafana shows that too. */
  private get wordsForNothing(): string | undefined {
    return this.panel.fieldConfig?.defaults?.noValue;
  }

  private showEmpty(reason: string): void {
    if (this.wordsForNothing === undefined) this.setState("empty", "No data", reason);
    else this.setState("empty", this.wordsForNothing);
  }

  private fail(error: unknown, request: LoadRequest): void {
    const reason = failureReason(error);
    const isReady = this.element.dataset.state === "ready";
    if (error instanceof StoreUnreachable) {
      // What was read before stays: it is still true, and the banner says how old it is.
      if (!isReady) this.showFailure(reason);
      throw error;
    }
    this.setFailure(reason);
    // As in Grafana, the last data stays with a mark; unless it would answer another question.
    if (isReady && this.shownView === viewOf(request)) return;
    this.clear();
    this.showFailure(reason);
  }

  private failToDraw(error: unknown): void {
    console.error(`${this.title} cannot be drawn:`, error);
    this.clear();
    this.setState("error", "This panel cannot be drawn", failureReason(error).detail);
  }

  private clear(): void {
    this.view.clear();
    this.words.cancel();
    this.summary.textContent = "";
    this.tableHost.replaceChildren();
  }

  private setFailure(reason: Reason | undefined): void {
    this.failure = reason;
    const text = reason && `${reason.headline}: ${reason.detail}`;
    this.element.toggleAttribute("data-failed", reason !== undefined);
    const badge = problemBadge(text ?? "", () => {
      this.inspect("query");
    });
    this.problem.replaceChildren(...(reason === undefined ? [] : [badge]));
  }

  private showFailure({ headline, detail, hint, expr }: Reason): void {
    const query = expr === "" ? [] : [h("code", { class: "failed-query" }, expr)];
    this.setState(
      "error",
      headline,
      detail,
      ...(hint === "" ? [] : [h("span", {}, hint)]),
      ...query,
    );
  }

  private setState(state: PanelState, headline: string, detail = "", ...more: Node[]): void {
    const before = this.element.dataset.state;
    if (before !== state && (state === "error" || before === "error" || before === "empty")) {
      announce(`${this.title}: ${state === "ready" ? "has data again" : headline}.`);
    }
    this.element.dataset.state = state;
    this.message.hidden = state === "ready";
    const nodes = [h("strong", {}, headline), ...(detail === "" ? [] : [h("span", {}, detail)])];
    this.message.replaceChildren(...(state === "ready" ? [] : [...nodes, ...more]));
  }

  private drawWords(values: readonly ValueRow[]): void {
    const { title, panel, loaded } = this;
    const showTimes = () => {
      this.inspect();
    };
    const table =
      panel.type === "heatmap"
        ? bucketTable(title, values, showTimes)
        : seriesTable(title, panel, loaded.series, showTimes);
    this.tableHost.replaceChildren(...(this.isTable ? [] : table));
    this.summary.textContent = values.map(({ name, text }) => `${name} ${text}`).join(", ");
  }
}

/** Which data a request is about, whenever it is made. */
function viewOf({ choices, range }: LoadRequest): string {
  return JSON.stringify([range.toMs - range.fromMs, choices.map(({ selected }) => selected)]);
}
