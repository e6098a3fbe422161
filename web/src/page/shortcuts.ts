/** Keyboard shortcuts: one key, or two that are pressed one after the other. */

export interface Shortcut {
  /** As `KeyboardEvent.key` names them. */
  keys: readonly string[];
  text: string;
  run: () => void;
}

/** So long the first key of two waits for the second. */
const SEQUENCE_MS = 1500;

/** Listens to the whole page; keys that somebody types into a field are not meant. */
export function listenForShortcuts(shortcuts: readonly Shortcut[]): void {
  let pressed: string[] = [];
  let lastMs = 0;
  document.addEventListener("keydown", (event) => {
    if (isTyping(event) || event.key === "Shift") return;
    const nowMs = event.timeStamp;
    const earlier = nowMs - lastMs > SEQUENCE_MS ? [] : pressed;
    const { run, rest } = afterKey(shortcuts, earlier, event.key);
    [pressed, lastMs] = [rest, nowMs];
    if (run === undefined) return;
    event.preventDefault();
    run();
  });
}

/** What a key does after those before it, and which keys count for the next. */
export function afterKey(
  shortcuts: readonly Shortcut[],
  earlier: readonly string[],
  key: string,
): { run: (() => void) | undefined; rest: string[] } {
  const sequence = [...earlier, key];
  const found = shortcuts.find(({ keys }) => keys.join(" ") === sequence.join(" "));
  if (found !== undefined) return { run: found.run, rest: [] };
  const isStart = shortcuts.some(({ keys }) => keys.length > 1 && keys[0] === key);
  // A second key that means nothing after the first may be meant by itself.
  if (earlier.length > 0) return afterKey(shortcuts, [], key);
  return { run: undefined, rest: isStart ? [key] : [] };
}

function isTyping(event: KeyboardEvent): boolean {
  const { target, ctrlKey, metaKey, altKey, isComposing } = event;
  if (event.defaultPrevented) return true;
  if (ctrlKey || metaKey || altKey || isComposing || !(target instanceof Element)) return true;
  const isField = target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  return isField !== null || document.querySelector("dialog[open]") !== null;
}
