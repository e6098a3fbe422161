/** Loads the panels that are on the screen, and the others when they come onto it. */

import type { PanelView } from "./panelView";

/** Panels this close to the window are loaded, so that a little scrolling finds them drawn. */
const MARGIN = "120px 0px";

type Load = (panel: PanelView) => Promise<void>;

export class OnScreen {
  private readonly views = new Map<Element, PanelView>();
  private readonly visible = new Set<PanelView>();
  /** Those that were asked for since the last refresh. */
  private readonly current = new Set<PanelView>();
  private load: Load | undefined;
  private readonly observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) this.moved(entry);
    },
    { rootMargin: MARGIN },
  );

  /** `failed` hears of a panel that could not be loaded when it came onto the screen. */
  constructor(private readonly failed: (error: unknown) => void) {}

  observe(panels: readonly PanelView[]): void {
    for (const panel of panels) {
      this.views.set(panel.element, panel);
      this.observer.observe(panel.element);
    }
  }

  /** Loads what is on the screen; `load` serves all others until the next refresh. */
  async refresh(load: Load): Promise<void> {
    this.load = load;
    this.current.clear();
    await Promise.all([...this.visible].map((panel) => this.ask(panel)));
  }

  private moved({ target, isIntersecting }: IntersectionObserverEntry): void {
    const panel = this.views.get(target);
    if (panel === undefined) return;
    if (!isIntersecting) {
      this.visible.delete(panel);
      return;
    }
    this.visible.add(panel);
    if (!this.current.has(panel)) void this.ask(panel).catch(this.failed);
  }

  private async ask(panel: PanelView): Promise<void> {
    if (this.load === undefined) return;
    this.current.add(panel);
    await this.load(panel);
  }
}
