/** The Prometheus HTTP API, as far as the page asks it. */

import { ask, ResponseError, StoreUnreachable } from "./fetch";
import { keyOf } from "./source";

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

  /** `kind` is Prometheus's `errorType`, such as `timeout`; both are empty where not known. */
  constructor(
    message: string,
    readonly kind = "",
    readonly expr = "",
  ) {
    super(message);
  }
}

/** A query as it goes to the store; without a step it is evaluated once, at the range's end. */
export interface Query {
  expr: string;
  range: TimeRange;
  stepMs?: number;
}

/** What was found, and what was really asked: of a snapshot, when it was taken. */
export interface Found extends Query {
  result: QueryResult;
  tookMs: number;
}

interface Received<T> {
  data: T;
  asked: string;
  tookMs: number;
}

type Envelope<T> =
  { status: "success"; data: T } | { status: "error"; error?: string; errorType?: string };

/** Evaluates a query; `key` names it in a snapshot, where its text hangs on the range. */
export async function runQuery(query: Query, signal: AbortSignal, key?: string): Promise<Found> {
  const address = addressOf(query);
  try {
    const { data, asked, tookMs } = await request<QueryResult>(address, signal, key);
    return { ...queryOf(asked), result: data, tookMs };
  } catch (error) {
    throw error instanceof QueryError
      ? new QueryError(error.message, error.kind, query.expr)
      : error;
  }
}

function addressOf({ expr, range, stepMs }: Query): string {
  // Of a range that goes on, such as all of today, nothing later than now is known.
  const lastMs = Math.min(range.toMs, Date.now());
  return stepMs === undefined
    ? written("query", { query: expr, time: String(lastMs / 1000) })
    : written("query_range", { query: expr, ...seconds(range), step: String(stepMs / 1000) });
}

/** The query that an address asks. */
function queryOf(address: string): Query {
  const parameters = new URLSearchParams(address.split("?", 2)[1] ?? "");
  const milliseconds = (name: string): number => Math.round(Number(parameters.get(name)) * 1000);
  const expr = parameters.get("query") ?? "";
  if (!parameters.has("step")) {
    return { expr, range: { fromMs: milliseconds("time"), toMs: milliseconds("time") } };
  }
  const range = { fromMs: milliseconds("start"), toMs: milliseconds("end") };
  return { expr, range, stepMs: milliseconds("step") };
}

/** Evaluates `query` at each step of the range. */
export async function queryRange(
  query: string,
  range: TimeRange,
  stepMs: number,
  signal: AbortSignal,
): Promise<QueryResult> {
  return (await runQuery({ expr: query, range, stepMs }, signal)).result;
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

/** When the store was started; undefined where it does not tell. */
export async function storeStartMs(signal: AbortSignal): Promise<number | undefined> {
  try {
    const { startTime = "" } = await get<{ startTime?: string }>("status/runtimeinfo", {}, signal);
    const timeMs = Date.parse(startTime);
    return Number.isNaN(timeMs) ? undefined : timeMs;
  } catch (error) {
    if (error instanceof QueryError) return undefined;
    throw error;
  }
}

/** Whether any series of a metric has a sample in the range; ever, where there is no range. */
export async function hasMetric(
  name: string,
  range: TimeRange | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const parameters = { "match[]": name, limit: "1", ...(range && seconds(range)) };
  const address = written("label/__name__/values", parameters);
  const key = `${keyOf(address)} ${range === undefined ? "ever" : "in range"}`;
  return (await request<string[]>(address, signal, key)).data.length > 0;
}

function seconds(range: TimeRange): { start: string; end: string } {
  return { start: String(range.fromMs / 1000), end: String(range.toMs / 1000) };
}

function written(path: string, parameters: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(parameters).toString();
  return `api/v1/${path}${text === "" ? "" : `?${text}`}`;
}

async function get<T>(
  path: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<T> {
  return (await request<T>(written(path, parameters), signal)).data;
}

async function request<T>(
  address: string,
  signal: AbortSignal,
  key?: string,
): Promise<Received<T>> {
  const { body, address: asked, tookMs } = await answered(address, signal, key);
  const envelope = body as Envelope<T>;
  if (envelope.status === "error") {
    throw new QueryError(envelope.error ?? "no reason given", envelope.errorType);
  }
  return { data: envelope.data, asked, tookMs };
}

async function answered(address: string, signal: AbortSignal, key?: string) {
  try {
    return await ask(address, signal, key);
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    // The page's server answers 502 and 504 where the store does not; all else is the store's word.
    if (error.status === 502 || error.status === 504) throw new StoreUnreachable(error.message);
    throw new QueryError(error.message, error.kind);
  }
}
