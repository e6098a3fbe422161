/** The Prometheus HTTP API, as far as the page asks it. */

import { fetchJson, ResponseError, StoreUnreachable } from "./fetch";

/** Milliseconds since the epoch, both ends included. */
export interface TimeRange {
  fromMs: number;
  toMs: number;
}

export type LabelSet = Readonly<Record<string, string>>;

/** Seconds since the epoch and the value in Prometheus's words. */
export type SampleValue = readonly [number, string];

export type QueryResult =
  | { resultType: "matrix"; result: { metric: LabelSet; values?: SampleValue[] }[] }
  | { resultType: "vector"; result: { metric: LabelSet; value: SampleValue }[] }
  | { resultType: "scalar"; result: SampleValue };

/** The store understood the request and refused it; the message is the store's. */
export class QueryError extends Error {
  override name = "QueryError";
}

type Answer<T> = { status: "success"; data: T } | { status: "error"; error?: string };

/** Evaluates `query` at each step of the range. */
export function queryRange(
  query: string,
  range: TimeRange,
  stepMs: number,
  signal: AbortSignal,
): Promise<QueryResult> {
  const parameters = { query, ...seconds(range), step: String(stepMs / 1000) };
  return get("query_range", parameters, signal);
}

/** Evaluates `query` at one instant. */
export function queryInstant(
  query: string,
  timeMs: number,
  signal: AbortSignal,
): Promise<QueryResult> {
  return get("query", { query, time: String(timeMs / 1000) }, signal);
}

/** The values of a label over the series that `selector` matches; all series where it is empty. */
export function labelValues(
  label: string,
  selector: string,
  range: TimeRange,
  signal: AbortSignal,
): Promise<string[]> {
  const match: Record<string, string> = selector === "" ? {} : { "match[]": selector };
  return get(`label/${encodeURIComponent(label)}/values`, { ...match, ...seconds(range) }, signal);
}

/** The series with a sample in the range that `selector` matches. */
export function findSeries(
  selector: string,
  range: TimeRange,
  signal: AbortSignal,
): Promise<LabelSet[]> {
  return get("series", { "match[]": selector, ...seconds(range) }, signal);
}

function seconds(range: TimeRange): { start: string; end: string } {
  return { start: String(range.fromMs / 1000), end: String(range.toMs / 1000) };
}

async function get<T>(
  path: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<T> {
  const answer = await request<T>(
    `api/v1/${path}?${new URLSearchParams(parameters).toString()}`,
    signal,
  );
  if (answer.status === "error") throw new QueryError(answer.error ?? "no reason given");
  return answer.data;
}

async function request<T>(address: string, signal: AbortSignal): Promise<Answer<T>> {
  try {
    return await fetchJson<Answer<T>>(address, signal);
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    // The page's server answers 502 and 504 where the store does not; all else is the store's word.
    if (error.status === 502 || error.status === 504) throw new StoreUnreachable(error.message);
    throw new QueryError(error.message);
  }
}
