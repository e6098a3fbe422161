/** Panels that are elements rather than a chart: stats and tables. */

import type { Content } from "../panels/panel";
import { renderStats } from "./statsView";
import { TableView } from "./tableView";

export class ContentView {
  private readonly table = new TableView();

  constructor(private readonly host: HTMLElement) {}

  draw({ content }: Content): void {
    this.host.replaceChildren(
      content.kind === "table" ? this.table.draw(content) : renderStats(content),
    );
  }
}
