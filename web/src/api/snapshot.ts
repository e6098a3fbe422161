/**
 * A snapshot: a page with the answers inside that it was drawn from (README.md has the format).
 *
 * Written by the page's button and by `mephisto metrics report`, and read here.
 */

import { ResponseError } from "./errors";
import type { QueryResult, TimeRange } from "./prometheus";
import { ELEMENT_ID, PLACE } from "./snapshotPlace";
import type { Question, Source } from "./source";

export interface Snapshot {
  format: number;
  /** Milliseconds since the epoch. */
  takenMs: number;
  /** Where the data was: the address of the page or the store. */
  origin: string;
  version: string;
  range: TimeRange;
  /** The page's state as its address has it: dashboard, range, variables, rows. */
  search: string;
  answers: Record<string, Recorded>;
}

/** An answer, or how the question was refused. */
export interface Recorded {
  address: string;
  body?: unknown;
  tookMs?: number;
  failure?: { status: number; kind: string; message: string };
}

export const FORMAT = 1;
const NOT_FOUND = 404;

/** The snapshot inside this page; undefined where the page is served. */
export function snapshotIn(document: Document): Snapshot | undefined {
  const text = document.getElementById(ELEMENT_ID)?.textContent.trim() ?? "";
  if (text === "") return undefined;
  const snapshot = JSON.parse(text) as Snapshot;
  if (snapshot.format !== FORMAT) throw new Error("This snapshot has a format of another version.");
  return snapshot;
}

/** Answers from a snapshot, cut to the time range that is asked for. */
export function snapshotSource({ answers }: Snapshot): Source {
  return ({ address, key }) => {
    const recorded = Object.hasOwn(answers, key) ? answers[key] : undefined;
    if (recorded === undefined) {
      return Promise.reject(new ResponseError(NOT_FOUND, "This is not part of the snapshot."));
    }
    const { failure, body, tookMs = 0 } = recorded;
    if (failure !== undefined) {
      return Promise.reject(new ResponseError(failure.status, failure.message, failure.kind));
    }
    return Promise.resolve({ address: recorded.address, body: within(body, address), tookMs });
  };
}

/** The body of a range query without the samples outside of the address's range. */
function within(body: unknown, address: string): unknown {
  const parameters = new URLSearchParams(address.split("?", 2)[1] ?? "");
  const start = Number(parameters.get("start") ?? -Infinity);
  const end = Number(parameters.get("end") ?? Infinity);
  const data = (body as { data?: unknown } | null)?.data as Partial<QueryResult> | undefined;
  if (data?.resultType !== "matrix") return body;
  const result = data.result?.map((series) => ({
    ...series,
    values: (series.values ?? []).filter(([time]) => start <= time && time <= end),
  }));
  return { ...(body as object), data: { ...data, result } };
}

/** A source that also writes every answer of `source` into `answers`. */
export function recordingSource(source: Source, answers: Record<string, Recorded>): Source {
  return async (question, signal) => {
    try {
      const answer = await source(question, signal);
      answers[question.key] = { ...answer };
      return answer;
    } catch (error) {
      record(question, error, answers);
      throw error;
    }
  };
}

function record(
  { key, address }: Question,
  error: unknown,
  answers: Record<string, Recorded>,
): void {
  if (!(error instanceof ResponseError)) return;
  const { status, kind, message } = error;
  answers[key] = { address, failure: { status, kind, message } };
}

/** The text of a snapshot's file: the page with everything inlined, and the data in its place. */
export function snapshotDocument(template: string, snapshot: Snapshot): string {
  // JSON has `<` in strings only; without it no label value can end the element.
  const data = JSON.stringify(snapshot).replaceAll("<", "\\u003c");
  const [before, after, ...others] = template.split(PLACE);
  if (before === undefined || after === undefined || others.length > 0) {
    throw new Error("The template for snapshots has no single place for the data.");
  }
  return `${before}${PLACE.replace("><", () => `>${data}<`)}${after}`;
}
