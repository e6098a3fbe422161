/** The dashboard's rows on the page: folding, and loading what is on the screen. */

import type { TimeRange } from "../api/prometheus";
import { rowsOf } from "../dashboard/layout";
import type { Dashboard } from "../dashboard/model";
import { h } from "../dom";
import type { Navigation } from "./navigation";
import { OnScreen } from "./onScreen";
import type { RefreshRequest } from "./panelView";
import { RowView } from "./rowView";

export class Board {
  readonly element = h("div", { class: "board" });
  private readonly rows: readonly RowView[];
  private readonly onScreen: OnScreen;

  /** `failed` hears of panels that could not be loaded when they came onto the screen. */
  constructor(
    dashboard: Dashboard,
    private readonly navigation: Navigation,
    failed: (error: unknown) => void,
  ) {
    const zoom = (range: TimeRange): void => {
      navigation.zoomTo(range);
    };
    this.rows = rowsOf(dashboard.panels).map(
      (row) =>
        new RowView(row, zoom, (isOpen) => {
          this.noteFold(row.id, isOpen);
        }),
    );
    this.element.replaceChildren(...this.rows.map(({ element }) => element));
    this.onScreen = new OnScreen(failed);
    this.onScreen.observe(this.rows.flatMap(({ panels }) => panels));
    this.fold();
  }

  async refresh(request: RefreshRequest, signal: AbortSignal): Promise<void> {
    await this.onScreen.refresh((panel) => panel.refresh(request, signal));
  }

  redraw(): void {
    for (const panel of this.rows.flatMap(({ panels }) => panels)) panel.redraw();
  }

  /** Folds rows as the address says, else as the dashboard does. */
  fold(): void {
    const { openRows } = this.navigation.state;
    for (const view of this.rows) {
      const { id, collapsed } = view.row;
      view.isOpen = (id === undefined ? undefined : openRows.get(id)) ?? !collapsed;
    }
  }

  foldAll(isOpen: boolean): void {
    const ids = this.rows.flatMap(({ row }) => (row.id === undefined ? [] : [row.id]));
    this.navigation.note({ openRows: new Map(ids.map((id) => [id, isOpen])) });
    this.fold();
  }

  private noteFold(id: number | undefined, isOpen: boolean): void {
    if (id === undefined) return;
    const { openRows } = this.navigation.state;
    this.navigation.note({ openRows: new Map(openRows).set(id, isOpen) });
  }
}
