/** Annotations on the page: read with each refresh, marked on the graphs, and listed in words. */

import type { Mark } from "../chart/annotationLayer";
import { timeCharts } from "../chart/timeCharts";
import type { Annotation, Dashboard } from "../dashboard/model";
import { h, swatch } from "../dom";
import { resolveColor } from "../field/colors";
import {
  loadAnnotation,
  queryAnnotations,
  type AnnotationEvent,
  type AnnotationRequest,
} from "../query/annotations";
import { formatInstant } from "../query/clock";
import type { AnnotationSwitch } from "./annotationPicker";
import { readChartTheme } from "./theme";
import type { PageState } from "./urlState";

const DEFAULT_COLOR = "blue";
/** The list is for reading; the graphs show all. */
const MAX_LISTED = 200;

interface Answer {
  annotation: Annotation;
  events: AnnotationEvent[];
  problem?: string;
}

export class AnnotationsView {
  readonly element: HTMLDetailsElement;
  private readonly summary = h("summary");
  private readonly list = h("ul");
  private readonly annotations: readonly Annotation[];
  private answers: readonly Answer[] = [];

  constructor(dashboard: Dashboard) {
    this.annotations = queryAnnotations(dashboard);
    this.element = h(
      "details",
      { class: "annotation-list", hidden: true },
      this.summary,
      this.list,
    );
  }

  /** Those that have a switch, and whether they are shown. */
  switches(state: PageState): AnnotationSwitch[] {
    const shown = this.annotations.filter(({ hide }) => hide !== true);
    return shown.map((annotation) => ({ annotation, isOn: isOn(annotation, state) }));
  }

  /** Reads those that are switched on. One that fails says so in the list and costs nothing else. */
  async refresh(state: PageState, request: AnnotationRequest, signal: AbortSignal): Promise<void> {
    const wanted = this.annotations.filter((annotation) => isOn(annotation, state));
    const answers = await Promise.all(wanted.map((one) => answerOf(one, request, signal)));
    if (signal.aborted) return;
    this.answers = answers;
    this.redraw();
  }

  /** Marks and lists what was read last: in other colours, or in another time zone. */
  redraw(): void {
    const theme = readChartTheme();
    const marks = this.answers.flatMap(({ annotation, events }) => {
      const color = resolveColor(annotation.iconColor ?? DEFAULT_COLOR, theme);
      return events.map((event) => markOf(event, color));
    });
    timeCharts.annotations = marks.sort((a, b) => a.fromMs - b.fromMs);
    this.render(marks);
  }

  private render(marks: readonly Mark[]): void {
    const problems = this.answers.flatMap(({ annotation, problem }) =>
      problem === undefined ? [] : [`${annotation.name} could not be read: ${problem}`],
    );
    this.element.hidden = this.answers.length === 0;
    const failed = problems.length === 0 ? "" : `, ${problems.length} could not be read`;
    this.summary.textContent = `${marks.length} annotation${marks.length === 1 ? "" : "s"}${failed}`;
    this.list.replaceChildren(
      ...problems.map((text) => h("li", { class: "problem" }, text)),
      ...marks.slice(-MAX_LISTED).map(listed),
    );
  }
}

function isOn({ name, enable }: Annotation, state: PageState): boolean {
  return state.annotations.get(name) ?? enable ?? false;
}

async function answerOf(
  annotation: Annotation,
  request: AnnotationRequest,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return { annotation, events: await loadAnnotation(annotation, request, signal) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { annotation, events: [], problem };
  }
}

function markOf({ name, fromMs, toMs, title, text, tags }: AnnotationEvent, color: string): Mark {
  const lines = [text, tags.join(", ")].filter((line) => line !== "");
  return { fromMs, toMs, color, headline: title === "" ? name : `${name}: ${title}`, lines };
}

function listed({ fromMs, toMs, color, headline, lines }: Mark): HTMLElement {
  const until = toMs > fromMs ? ` to ${formatInstant(toMs)}` : "";
  const time = h("span", { class: "annotation-time" }, formatInstant(fromMs) + until);
  const text = [headline, ...lines].join(" · ");
  return h("li", {}, swatch(color), time, " ", text);
}
