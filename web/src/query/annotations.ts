/** Events on the graphs, by the rules of Grafana's Prometheus annotations. */

import { runQuery, type QueryResult, type TimeRange } from "../api/prometheus";
import type { Annotation, Dashboard } from "../dashboard/model";
import { parseDurationMs } from "./duration";
import { intervalMs } from "./interval";
import { filledIn } from "./legend";
import { prepareQuery } from "./load";
import type { Choice } from "./template";
import { utcOffsetMs } from "./zone";

/** What happened at an instant, or from one to another. */
export interface AnnotationEvent {
  /** Of the annotation. */
  name: string;
  fromMs: number;
  toMs: number;
  title: string;
  text: string;
  tags: string[];
}

const DEFAULT_STEP_MS = 60_000;
const MAX_POINTS = 11_000;

export interface AnnotationRequest {
  range: TimeRange;
  choices: readonly Choice[];
  scrapeIntervalMs: number;
}

/** The dashboard's annotations that ask the store; Grafana's own are none of ours. */
export function queryAnnotations(dashboard: Dashboard): Annotation[] {
  return (dashboard.annotations?.list ?? []).filter((one) => expressionOf(one) !== "");
}

/** The events in the range, ascending. */
export async function loadAnnotation(
  annotation: Annotation,
  request: AnnotationRequest,
  signal: AbortSignal,
): Promise<AnnotationEvent[]> {
  const { range } = request;
  const wantedMs = parseDurationMs(annotation.step ?? "") ?? DEFAULT_STEP_MS;
  const stepMs = intervalMs(range, MAX_POINTS, wantedMs);
  const query = prepareQuery(
    { refId: "A", expr: expressionOf(annotation), interval: `${stepMs}ms` },
    { ...request, widthPixels: MAX_POINTS, panel: ANY_PANEL },
    utcOffsetMs(range.toMs),
  );
  const { result, stepMs: foundStepMs = query.stepMs } = await runQuery(
    query,
    signal,
    `annotation ${annotation.name}`,
  );
  const events = eventsOf(annotation, result, foundStepMs);
  return events.filter(({ fromMs, toMs }) => toMs >= range.fromMs && fromMs <= range.toMs);
}

const ANY_PANEL = { id: 0, type: "", gridPos: { x: 0, y: 0, w: 0, h: 0 } };

function expressionOf({ expr, target }: Annotation): string {
  return expr ?? target?.expr ?? "";
}

/** Points that are no further apart than a step are one event; zero and less mean nothing happened. */
export function eventsOf(
  annotation: Annotation,
  result: QueryResult,
  stepMs: number,
): AnnotationEvent[] {
  if (result.resultType !== "matrix") return [];
  const events = result.result.flatMap(({ metric, values = [] }) =>
    regionsOf(timesOf(annotation, values), stepMs).map(([fromMs, toMs]) => ({
      name: annotation.name,
      fromMs,
      toMs,
      title: filledIn(annotation.titleFormat ?? "", metric),
      text: filledIn(annotation.textFormat ?? "", metric),
      tags: tagsOf(annotation, metric),
    })),
  );
  return events.sort((a, b) => a.fromMs - b.fromMs);
}

function timesOf(annotation: Annotation, values: readonly (readonly [number, string])[]): number[] {
  const { useValueForTime } = annotation;
  if (useValueForTime === true || useValueForTime === "on") {
    const times = values.map(([, value]) => Math.floor(Number(value)));
    return times.filter((timeMs) => timeMs > 0).sort((a, b) => a - b);
  }
  const active = values.filter(([, value]) => Number(value) > 0);
  return active.map(([seconds]) => Math.round(seconds * 1000));
}

function regionsOf(times: readonly number[], stepMs: number): [number, number][] {
  const regions: [number, number][] = [];
  for (const timeMs of times) {
    const last = regions.at(-1);
    if (last !== undefined && timeMs - last[1] <= stepMs) last[1] = timeMs;
    else regions.push([timeMs, timeMs]);
  }
  return regions;
}

function tagsOf({ tagKeys = "" }: Annotation, labels: Readonly<Record<string, string>>): string[] {
  const keys = tagKeys.split(",").map((key) => key.trim());
  return keys.flatMap((key) => (Object.hasOwn(labels, key) ? [labels[key] ?? ""] : []));
}
