/** What a panel draws: a chart or elements, and the legend that takes of its room. */

import type { TimeRange } from "../api/prometheus";
import { Chart } from "../chart/chart";
import type { Panel } from "../dashboard/model";
import { h } from "../dom";
import { placesAfter } from "../panels/colorPlaces";
import type { Content, Drawing, PanelInput, PanelType } from "../panels/panel";
import type { Loaded } from "../query/load";
import { ContentView } from "./contentView";
import { LegendView, legendPlacement } from "./legendView";
import { readChartTheme } from "./theme";

type Size = PanelInput["size"];

export class DrawingView {
  readonly element: HTMLElement;
  /** The element that the chart or the content fills. */
  readonly host = h("div", { class: "chart" });
  private readonly chart: Chart;
  private readonly content = new ContentView(this.host);
  private readonly legend: LegendView;
  private colorPlaces: ReadonlyMap<string, number> = new Map();
  private drawn: Drawing | Content | undefined;
  private drawnSize: Size = { width: 0, height: 0 };

  /** `changed` is called when all has to be drawn anew: its size or the legend's choice changed. */
  constructor(
    private readonly panel: Panel,
    private readonly type: PanelType | undefined,
    zoom: (range: TimeRange) => void,
    changed: () => void,
  ) {
    this.chart = new Chart(this.host, type?.hasTimeAxis ?? false, zoom);
    this.legend = new LegendView(panel, changed);
    this.element = h(
      "div",
      { class: `panel-body legend-${legendPlacement(panel)}` },
      this.host,
      this.legend.element,
    );
    new ResizeObserver(() => {
      if (!isSameSize(this.drawnSize, this.chart.size)) changed();
    }).observe(this.host);
  }

  get size(): Size {
    return this.chart.size;
  }

  /** The chart that was drawn last; undefined where there is none. */
  get drawing(): Drawing | undefined {
    return this.drawn !== undefined && "option" in this.drawn ? this.drawn : undefined;
  }

  /** Draws, and tells in words what; undefined while there is no room. */
  draw(loaded: Loaded, range: TimeRange): Drawing | Content | undefined {
    const { type } = this;
    const offered = this.size;
    if (type === undefined || offered.width === 0 || offered.height === 0) return undefined;
    this.colorPlaces = placesAfter(this.colorPlaces, loaded.series);
    let drawing = this.drawingFor(type, loaded, range, offered);
    this.legend.draw(drawing.legend, "option" in drawing ? drawing.colorScale : undefined);
    // The legend takes of the chart's room; to draw the chart twice would cost much more than this.
    const left = this.size;
    if (!isSameSize(left, offered)) drawing = this.drawingFor(type, loaded, range, left);
    if ("option" in drawing) this.chart.draw(drawing);
    else this.content.draw(drawing);
    this.drawn = drawing;
    this.drawnSize = left;
    return drawing;
  }

  /** Frees the drawing; it can be drawn again. */
  clear(): void {
    this.chart.clear();
    this.legend.clear();
    this.drawn = undefined;
  }

  private drawingFor(
    type: PanelType,
    { series, stepMs }: Loaded,
    range: TimeRange,
    size: Size,
  ): Drawing | Content {
    const { panel, colorPlaces } = this;
    const { hidden } = this.legend;
    const theme = readChartTheme();
    return type.draw({ panel, series, range, stepMs, hidden, colorPlaces, theme, size });
  }
}

function isSameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
