/** Work that can wait until the browser has nothing better to do. */

/** Not everywhere there is such a thing as idle time, and a busy page may have none. */
const PATIENCE_MS = 1000;

export class IdleWork {
  private cancelPlanned: (() => void) | undefined;

  /** Does this in place of what is planned and not yet done. */
  plan(work: () => void): void {
    this.cancel();
    this.cancelPlanned = whenIdle(() => {
      this.cancelPlanned = undefined;
      work();
    });
  }

  cancel(): void {
    this.cancelPlanned?.();
    this.cancelPlanned = undefined;
  }
}

function whenIdle(work: () => void): () => void {
  if (typeof requestIdleCallback === "function") {
    const planned = requestIdleCallback(work, { timeout: PATIENCE_MS });
    return () => {
      cancelIdleCallback(planned);
    };
  }
  const planned = setTimeout(work);
  return () => {
    clearTimeout(planned);
  };
}
