/** When the page reads anew: at once, after a while, and never while nobody looks. */

/** Reads everything; answers how many milliseconds later to read again, if at all. */
type Read = (signal: AbortSignal) => Promise<number | undefined>;

export class RefreshCycle {
  private running = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isDue = false;

  constructor(private readonly read: Read) {
    document.addEventListener("visibilitychange", () => {
      if (this.isDue && document.visibilityState === "visible") void this.now();
    });
  }

  /**
   * Reads anew; a reading that still runs is given up.
   *
   * The next is planned when this one has ended, so that slow readings do not pile up.
   */
  async now(): Promise<void> {
    this.running.abort();
    clearTimeout(this.timer);
    this.isDue = false;
    const { signal } = (this.running = new AbortController());
    const delayMs = await this.read(signal);
    if (!signal.aborted && delayMs !== undefined && delayMs > 0) this.planIn(delayMs);
  }

  /** Reads no more until `now` or `planIn` is called. */
  stop(): void {
    this.running.abort();
    clearTimeout(this.timer);
    this.isDue = false;
  }

  /** Reads anew after a while, unless something else makes it do so before. */
  planIn(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.due();
    }, delayMs);
  }

  /** A page that nobody looks at asks for nothing; it catches up when it is seen again. */
  private due(): void {
    this.isDue = document.visibilityState !== "visible";
    if (!this.isDue) void this.now();
  }
}
