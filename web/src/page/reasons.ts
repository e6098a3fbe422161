/** Failures in words: what happened, and the way out. */

import { StoreUnreachable } from "../api/fetch";
import { QueryError } from "../api/prometheus";

export interface Reason {
  headline: string;
  /** The store's own text. */
  detail: string;
  /** What to do, where there is something. */
  hint: string;
  /** The query that failed, where it is known. */
  expr: string;
}

const LESS = "Choose a shorter time range, or a single Operator or task.";
const TOO_MUCH = /too many samples|maximum resolution|too many (?:points|series)/i;

export function failureReason(error: unknown): Reason {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreUnreachable) {
    const hint = "It is asked again by itself.";
    return { headline: "The store cannot be reached", detail, hint, expr: "" };
  }
  if (!(error instanceof QueryError))
    return { headline: "Query failed", detail, hint: "", expr: "" };
  return { ...queryReason(error, detail), detail, expr: error.expr };
}

function queryReason({ kind }: QueryError, detail: string): Pick<Reason, "headline" | "hint"> {
  if (TOO_MUCH.test(detail)) return { headline: "The query reads too much", hint: LESS };
  if (kind === "timeout" || kind === "canceled") {
    return { headline: "The query took too long", hint: LESS };
  }
  if (kind === "bad_data") return { headline: "The store does not understand the query", hint: "" };
  return { headline: "Query failed", hint: "" };
}
