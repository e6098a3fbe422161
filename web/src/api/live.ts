/** Answers of the page's own server: with a time-out, and with errors that say what happened. */

import { ResponseError, StoreUnreachable } from "./errors";
import type { Answer, Question } from "./source";

const TIMEOUT_MS = 30_000;
/** HTTP's status for a gateway that waited in vain; here the page itself is the one who waited. */
const REQUEST_TIMEOUT = 408;

export async function askServer({ address }: Question, signal: AbortSignal): Promise<Answer> {
  const startedMs = performance.now();
  const response = await reach(address, signal);
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  try {
    const body: unknown = JSON.parse(text);
    return { address, body, tookMs: performance.now() - startedMs };
  } catch {
    throw new ResponseError(response.status, `${address} did not answer with JSON`);
  }
}

async function reach(address: string, signal: AbortSignal): Promise<Response> {
  const patience = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(address, { signal: AbortSignal.any([signal, patience]) });
  } catch (error) {
    if (signal.aborted) throw error;
    if (patience.aborted) {
      const message = `no answer within ${TIMEOUT_MS / 1000} s`;
      throw new ResponseError(REQUEST_TIMEOUT, message, "timeout");
    }
    throw new StoreUnreachable(`no answer from ${location.host}`, { cause: error });
  }
}

/** The text for people in an error's body, which is Prometheus's JSON or plain text. */
function refusal(status: number, body: string): ResponseError {
  try {
    const { error, errorType } = JSON.parse(body) as { error?: unknown; errorType?: unknown };
    const kind = typeof errorType === "string" ? errorType : "";
    if (typeof error === "string") return new ResponseError(status, error, kind);
  } catch {
    // Not JSON: the text itself is the reason.
  }
  return new ResponseError(status, body.trim().slice(0, 500) || `status ${status}`);
}
