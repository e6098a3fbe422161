/** The dashboard's rows on the page: folding, and loading what is on the screen. */

import { rowsOf } from "../dashboard/layout";
import type { Dashboard } from "../dashboard/model";
import { h } from "../dom";
import type { Navigation } from "./navigation";
import { OnScreen } from "./onScreen";
import type { PanelActions, PanelView, RefreshRequest } from "./panelView";
import { absolute } from "../query/time";
import { RowView } from "./rowView";
import type { Shortcut } from "./shortcuts";

export class Board {
  readonly element = h("div", { class: "board" });
  private readonly rows: readonly RowView[];
  private readonly onScreen: OnScreen;
  private hasPointedLast = false;

  /** `failed` hears of panels that could not be loaded when they came onto the screen. */
  constructor(
    dashboard: Dashboard,
    private readonly navigation: Navigation,
    failed: (error: unknown) => void,
  ) {
    const actions = this.panelActions();
    this.rows = rowsOf(dashboard.panels).map(
      (row) =>
        new RowView(row, actions, (isOpen) => {
          this.noteFold(row.id, isOpen);
        }),
    );
    this.element.replaceChildren(...this.rows.map(({ element }) => element));
    this.onScreen = new OnScreen(failed);
    this.onScreen.observe(this.panels);
    this.fold();
    // Not `pointerover`, which scrolling by the keyboard sets off under a pointer at rest.
    this.element.addEventListener("pointermove", () => (this.hasPointedLast = true));
    this.element.addEventListener("focusin", () => (this.hasPointedLast = false));
  }

  async refresh(request: RefreshRequest, signal: AbortSignal): Promise<void> {
    await this.onScreen.refresh((panel) => panel.refresh(request, signal));
  }

  /** Reads what is not on the screen too. */
  async refreshAll(request: RefreshRequest, signal: AbortSignal): Promise<void> {
    await Promise.all(this.panels.map((panel) => panel.refresh(request, signal)));
  }

  redraw(): void {
    for (const panel of this.panels) panel.redraw();
  }

  /** Keys for the panel that has the focus or is under the pointer, whichever moved last. */
  shortcuts(): Shortcut[] {
    return [
      {
        keys: ["v"],
        text: "the panel at hand in full screen, and back",
        run: () => this.atHand()?.toggleView(),
      },
      { keys: ["i"], text: "inspect the panel at hand", run: () => this.atHand()?.inspect() },
      {
        keys: ["Escape"],
        text: "close what is open; back to all panels",
        run: () => {
          this.leaveView();
        },
      },
    ];
  }

  /** Folds rows as the address says, else as the dashboard does, and shows a panel alone. */
  fold(): void {
    const { openRows, viewPanel } = this.navigation.state;
    const viewed = this.panels.some(({ panel }) => panel.id === viewPanel) ? viewPanel : undefined;
    for (const view of this.rows) {
      const { id, collapsed } = view.row;
      view.isOpen = (id === undefined ? undefined : openRows.get(id)) ?? !collapsed;
      view.showOnly(viewed);
    }
  }

  foldAll(isOpen: boolean): void {
    const ids = this.rows.flatMap(({ row }) => (row.id === undefined ? [] : [row.id]));
    this.navigation.note({ openRows: new Map(ids.map((id) => [id, isOpen])) });
    this.fold();
  }

  private get panels(): PanelView[] {
    return this.rows.flatMap(({ panels }) => panels);
  }

  private atHand(): PanelView | undefined {
    const focused = this.panels.find(({ element }) => element.contains(document.activeElement));
    const hovered = this.panels.find(({ element }) => element.matches(":hover"));
    return this.hasPointedLast ? (hovered ?? focused) : (focused ?? hovered);
  }

  private leaveView(): void {
    if (this.navigation.state.viewPanel !== undefined) this.navigation.go({ viewPanel: undefined });
  }

  private panelActions(): PanelActions {
    return {
      zoom: (range) => {
        this.navigation.zoomTo(range);
      },
      toggleView: (id) => {
        const isViewed = this.navigation.state.viewPanel === id;
        this.navigation.go({ viewPanel: isViewed ? undefined : id });
      },
      linkTo: (viewPanel, range) => this.navigation.linkTo({ viewPanel, range: absolute(range) }),
    };
  }

  private noteFold(id: number | undefined, isOpen: boolean): void {
    if (id === undefined) return;
    const { openRows } = this.navigation.state;
    this.navigation.note({ openRows: new Map(openRows).set(id, isOpen) });
  }
}
