/** Lets panels draw one at a time, so that the browser can answer to a person in between. */

let last: Promise<void> = Promise.resolve();

/** Resolves, in a task of its own, when all who asked before have had their turn. */
export function nextTurn(): Promise<void> {
  last = last.then(newTask);
  return last;
}

/** Before the next frame, if the browser knows how: several panels then share one, which is dear. */
function newTask(): Promise<void> {
  if ("scheduler" in globalThis) {
    return scheduler.postTask(() => undefined, { priority: "user-blocking" });
  }
  // As `setTimeout` without its least delay of 4 ms, which it has from the fifth in a row on.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
