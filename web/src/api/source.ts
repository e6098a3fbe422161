/** Where answers come from: the page's server, or the snapshot that the page is part of. */

export interface Question {
  /** Relative to the page: path and parameters. */
  address: string;
  /** The same for every time range and size of the window, so that a snapshot can find it. */
  key: string;
}

export interface Answer {
  /** What was really asked; in a snapshot, when it was taken. */
  address: string;
  body: unknown;
  tookMs: number;
}

/** Throws `StoreUnreachable`, `ResponseError`, or the signal's reason when aborted. */
export type Source = (question: Question, signal: AbortSignal) => Promise<Answer>;

const TIME_PARAMETERS: ReadonlySet<string> = new Set(["start", "end", "time", "step"]);

/** The key of an address that has no better one: its path and parameters, without those of time. */
export function keyOf(address: string): string {
  const [path = "", query = ""] = address.split("?", 2);
  const parameters = [...new URLSearchParams(query)].filter(([name]) => !TIME_PARAMETERS.has(name));
  return [path, ...parameters.map(([name, value]) => `${name}=${value}`)].join(" ");
}
