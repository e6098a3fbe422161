/** The one door to all data: whoever asks does not know whether a server or a snapshot answers. */

import { askServer } from "./live";
import { recordingSource, type Recorded } from "./snapshot";
import { keyOf, type Answer, type Source } from "./source";

export { ResponseError, StoreUnreachable } from "./errors";

let source: Source = askServer;

/** Takes all answers from `next` from now on. */
export function useSource(next: Source): void {
  source = next;
}

/** Writes all answers also into `answers` until the returned function is called. */
export function recordAnswers(answers: Record<string, Recorded>): () => void {
  const before = source;
  source = recordingSource(before, answers);
  return () => {
    source = before;
  };
}

/** Asks for JSON. Throws `StoreUnreachable`, `ResponseError`, or the signal's reason. */
export function ask(address: string, signal: AbortSignal, key = keyOf(address)): Promise<Answer> {
  return source({ address, key }, signal);
}

/** As `ask`, where only the JSON matters. */
export async function fetchJson<T>(address: string, signal: AbortSignal): Promise<T> {
  const { body } = await ask(address, signal);
  return body as T;
}
