/** Remembers why a panel has no data, so that not every refresh has to ask the store for it. */

import { QueryError } from "../api/prometheus";
import { span, whyNothing } from "../query/diagnosis";
import type { Loaded, LoadRequest } from "../query/load";

/** After this a metric may have come, or the store been started anew. */
const GOOD_FOR_MS = 30_000;

export class EmptyReason {
  private text = "";
  private choices = "";
  private foundMs = -Infinity;

  /** What can be said without asking. */
  atOnce({ series }: Loaded, request: LoadRequest): string {
    if (series.length > 0) {
      return `The series have no value ${span(request.range)}: nothing was observed.`;
    }
    return this.isGood(request) ? this.text : `No series matches the query ${span(request.range)}.`;
  }

  /** Throws `StoreUnreachable`. */
  async find(loaded: Loaded, request: LoadRequest, signal: AbortSignal): Promise<string> {
    if (loaded.series.length > 0 || this.isGood(request)) return this.atOnce(loaded, request);
    try {
      this.text = await whyNothing(request, signal);
      this.choices = keyOf(request);
      this.foundMs = performance.now();
    } catch (error) {
      // A store that does not list its metrics, or a snapshot: then it is not known.
      if (!(error instanceof QueryError)) throw error;
    }
    return this.atOnce(loaded, request);
  }

  private isGood(request: LoadRequest): boolean {
    return this.choices === keyOf(request) && performance.now() - this.foundMs < GOOD_FOR_MS;
  }
}

function keyOf({ choices, range }: LoadRequest): string {
  return JSON.stringify([range.toMs - range.fromMs, choices.map(({ selected }) => selected)]);
}
