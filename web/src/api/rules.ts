/** The store's rules, and what they have found. */

import { fetchJson, ResponseError, StoreUnreachable } from "./fetch";
import type { LabelSet } from "./prometheus";

export interface Alert {
  labels: LabelSet;
  annotations?: LabelSet;
  state: string;
  /** RFC 3339. */
  activeAt?: string;
}

export interface Rule {
  type: string;
  name: string;
  /** `ok`, `unknown` until the first evaluation, or anything that says it failed. */
  health?: string;
  lastError?: string;
  alerts?: readonly Alert[] | null;
}

export interface RuleGroup {
  name: string;
  rules?: readonly Rule[] | null;
}

/** All groups; none where the store knows no rules, as not every Prometheus API does. */
export async function fetchRules(signal: AbortSignal): Promise<readonly RuleGroup[]> {
  try {
    const answer = await fetchJson<{ data?: { groups?: RuleGroup[] | null } } | null>(
      "api/v1/rules",
      signal,
    );
    return answer?.data?.groups ?? [];
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    // The page's server answers these where the store does not.
    if (error.status === 502 || error.status === 504) throw new StoreUnreachable(error.message);
    return [];
  }
}
