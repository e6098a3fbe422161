/** Requests to the page's own server: with a time-out, and with errors that say what happened. */

const TIMEOUT_MS = 30_000;

/** Neither the store nor the page's server in front of it answers. */
export class StoreUnreachable extends Error {
  override name = "StoreUnreachable";
}

/** The server answered with a status that is not 2xx; the message is its own where it gave one. */
export class ResponseError extends Error {
  override name = "ResponseError";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Gets JSON. Throws `StoreUnreachable`, `ResponseError`, or the signal's reason when aborted. */
export async function fetchJson<T>(address: string, signal: AbortSignal): Promise<T> {
  const response = await reach(address, signal);
  const text = await response.text();
  if (!response.ok) throw new ResponseError(response.status, reason(response.status, text));
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ResponseError(response.status, `${address} did not answer with JSON`);
  }
}

async function reach(address: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(address, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new StoreUnreachable(`no answer from ${location.host}`, { cause: error });
  }
}

/** The text for people in an error's body, which is Prometheus's JSON or plain text. */
function reason(status: number, body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === "string") return error;
  } catch {
    // Not JSON: the text itself is the reason.
  }
  return body.trim().slice(0, 500) || `status ${status}`;
}
