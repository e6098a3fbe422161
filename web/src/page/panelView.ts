/** One panel on the page: header, chart, legend, table of values, and the state it is in. */

import { StoreUnreachable } from "../api/fetch";
import { Chart } from "../chart/chart";
import type { Panel } from "../dashboard/model";
import { placesAfter } from "../panels/colorPlaces";
import type { Content, Drawing, PanelInput, PanelType } from "../panels/panel";
import { panelType } from "../panels/registry";
import { formatInstant } from "../query/clock";
import { loadPanel, type Loaded, type LoadRequest } from "../query/load";
import { presentPoints, type Series } from "../query/series";
import type { TimeRange } from "../api/prometheus";
import { h } from "../dom";
import { ContentView } from "./contentView";
import { nextTurn } from "./drawQueue";
import { LegendView, legendPlacement } from "./legendView";
import { panelHeader } from "./panelHeader";
import { publishProbe } from "./testInterface";
import { readChartTheme } from "./theme";
import { valueTable } from "./valueTable";

export type PanelState = "loading" | "ready" | "empty" | "error";

/** What all panels of a refresh have in common. */
export type RefreshRequest = Omit<LoadRequest, "panel" | "widthPixels">;

type Size = PanelInput["size"];

export class PanelView {
  readonly element: HTMLElement;
  private readonly type: PanelType | undefined;
  private readonly chartHost = h("div", { class: "chart" });
  private readonly contentView = new ContentView(this.chartHost);
  private readonly legend: LegendView;
  private readonly tableHost = h("div", { class: "values visually-hidden" });
  private readonly message = h("div", { class: "panel-message", role: "status" });
  private readonly chart: Chart;
  private loaded: Loaded = { series: [], stepMs: 0 };
  private range: TimeRange = { fromMs: 0, toMs: 1 };
  private drawing: Drawing | Content | undefined;
  private colorPlaces: ReadonlyMap<string, number> = new Map();
  private drawnSize: Size = { width: 0, height: 0 };

  constructor(
    private readonly panel: Panel,
    zoom: (range: TimeRange) => void,
  ) {
    this.type = panelType(panel.type);
    this.chart = new Chart(this.chartHost, this.type?.hasTimeAxis ?? false, zoom);
    this.legend = new LegendView(panel, () => {
      this.redraw();
    });
    this.element = this.build();
    this.setState("loading", "Loading…");
    new ResizeObserver(() => {
      if (!isSameSize(this.drawnSize, this.chart.size)) this.redraw();
    }).observe(this.chartHost);
    publishProbe(
      this.title,
      () => (this.drawing && "option" in this.drawing ? this.drawing : undefined),
      () => this.loaded.series,
    );
  }

  /** Asks the store and draws. Only `StoreUnreachable` comes out; other errors show in the panel. */
  async refresh(request: RefreshRequest, signal: AbortSignal): Promise<void> {
    if (this.type === undefined) {
      this.setState("error", `This page does not draw panels of type “${this.panel.type}”.`);
      return;
    }
    try {
      const widthPixels = Math.max(1, Math.round(this.chart.size.width));
      const loaded = await loadPanel({ ...request, panel: this.panel, widthPixels }, signal);
      await nextTurn();
      if (!signal.aborted) this.show(loaded, request);
    } catch (error) {
      if (signal.aborted) return;
      this.fail(error);
    }
  }

  /** Draws again what is loaded: after a change of size, theme or legend. */
  redraw(): void {
    const { type } = this;
    if (type === undefined || this.element.dataset.state !== "ready") return;
    const offered = this.chart.size;
    if (offered.width === 0 || offered.height === 0) return;
    let drawing = this.drawingFor(type, offered);
    this.drawWords(drawing);
    // The legend takes of the chart's room; to draw the chart twice would cost much more than this.
    const left = this.chart.size;
    if (!isSameSize(left, offered)) drawing = this.drawingFor(type, left);
    if ("option" in drawing) this.chart.draw(drawing);
    else this.contentView.draw(drawing);
    this.drawing = drawing;
    this.drawnSize = this.chart.size;
  }

  private drawingFor(type: PanelType, size: Size): Drawing | Content {
    const { panel, range, colorPlaces } = this;
    const { series, stepMs } = this.loaded;
    const theme = readChartTheme();
    const { hidden } = this.legend;
    return type.draw({ panel, series, range, stepMs, hidden, colorPlaces, theme, size });
  }

  private get title(): string {
    return this.panel.title ?? `Panel ${this.panel.id}`;
  }

  private build(): HTMLElement {
    const placement = legendPlacement(this.panel);
    const header = panelHeader(this.panel, this.title, (isShown) => {
      this.tableHost.classList.toggle("visually-hidden", !isShown);
    });
    const body = h(
      "div",
      { class: `panel-body legend-${placement}` },
      this.chartHost,
      this.legend.element,
    );
    if (this.type?.isContent !== true) this.chartHost.setAttribute("role", "img");
    return h(
      "section",
      {
        class: "panel",
        "aria-label": this.title,
        "data-panel-title": this.title,
        "data-panel-type": this.panel.type,
      },
      header,
      body,
      this.tableHost,
      this.message,
    );
  }

  private show(loaded: Loaded, request: RefreshRequest): void {
    this.loaded = loaded;
    this.colorPlaces = placesAfter(this.colorPlaces, loaded.series);
    this.range = request.range;
    this.element.dataset.range = `${request.range.fromMs}/${request.range.toMs}`;
    const reason = emptyReason(loaded.series, request.range);
    if (reason === undefined) {
      this.setState("ready", "");
      this.redraw();
    } else {
      this.clear();
      this.setState("empty", "No data", reason);
    }
  }

  private fail(error: unknown): void {
    if (error instanceof StoreUnreachable) {
      // What was read before stays: it is still true, and the banner says how old it is.
      if (this.element.dataset.state !== "ready") {
        this.setState("error", "The store cannot be reached", error.message);
      }
      throw error;
    }
    this.clear();
    this.setState("error", "Query failed", error instanceof Error ? error.message : String(error));
  }

  private clear(): void {
    this.chart.clear();
    this.drawing = undefined;
    this.legend.clear();
    this.tableHost.replaceChildren();
  }

  private setState(state: PanelState, headline: string, detail = ""): void {
    this.element.dataset.state = state;
    this.message.hidden = state === "ready";
    const nodes = [h("strong", {}, headline), ...(detail === "" ? [] : [h("span", {}, detail)])];
    this.message.replaceChildren(...(state === "ready" ? [] : nodes));
  }

  private drawWords(drawing: Drawing | Content): void {
    const { legend, values } = drawing;
    this.legend.draw(legend, "option" in drawing ? drawing.colorScale : undefined);
    this.tableHost.replaceChildren(valueTable(this.title, values));
    const summary = values.map(({ name, text }) => `${name} ${text}`).join(", ");
    if (!("option" in drawing)) return;
    this.chartHost.setAttribute("aria-label", `${this.title}, ${this.panel.type}. ${summary}`);
  }
}

/** Why there is nothing to draw, as far as the answers tell; undefined where there is something. */
function emptyReason(series: readonly Series[], { fromMs, toMs }: TimeRange): string | undefined {
  const span = `between ${formatInstant(fromMs)} and ${formatInstant(toMs)}`;
  if (series.length === 0) return `No series matches the query ${span}.`;
  if (series.some((one) => presentPoints(one).length > 0)) return undefined;
  return `The series have no value ${span}: nothing was observed.`;
}

function isSameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
