/** The state that the address holds, the browser's history of it, and the ways through time. */

import type { Dashboard } from "../dashboard/model";
import type { TimeRange } from "../api/prometheus";
import { absolute, resolveRange, shifted, zoomOut } from "../query/time";
import { setTimeZone } from "../query/zone";
import { currentSearch, isFile, pushSearch, replaceSearch } from "./address";
import { formatState, parseState, type PageState } from "./urlState";

export class Navigation {
  private current: PageState;

  /** `changed` is called when another state is to be shown, also by the browser's Back. */
  constructor(
    dashboard: Dashboard,
    private readonly changed: () => void,
  ) {
    this.current = parseState(currentSearch(), dashboard);
    setTimeZone(this.current.timeZone);
    window.addEventListener("popstate", () => {
      this.show(parseState(currentSearch(), dashboard));
    });
  }

  get state(): PageState {
    return this.current;
  }

  /** Enters a new state into the browser's history and shows it. */
  go(change: Partial<PageState>): void {
    const state = { ...this.current, ...change };
    pushSearch(formatState(state));
    this.show(state);
  }

  /** Notes what needs no showing and no way back, such as a row that was folded. */
  note(change: Partial<PageState>): void {
    this.current = { ...this.current, ...change };
    replaceSearch(formatState(this.current));
  }

  /** An address that shows the changed view; undefined where the page has none of its own. */
  linkTo(change: Partial<PageState>): string | undefined {
    const search = formatState({ ...this.current, ...change });
    return isFile() ? undefined : new URL(search, location.href).href;
  }

  zoomTo(range: TimeRange): void {
    this.go({ range: absolute(range) });
  }

  zoomOut(): void {
    this.moveTime((range, nowMs) => zoomOut(range, nowMs));
  }

  shift(direction: 1 | -1): void {
    this.moveTime((range, nowMs) => shifted(range, direction, nowMs));
  }

  /** Holds on to what is shown now, so that a link shows the same later. */
  makeAbsolute(): void {
    this.moveTime((range) => range);
  }

  private moveTime(moved: (range: TimeRange, nowMs: number) => TimeRange): void {
    const nowMs = Date.now();
    const range = resolveRange(this.current.range, nowMs);
    if (range !== undefined) this.zoomTo(moved(range, nowMs));
  }

  private show(state: PageState): void {
    this.current = state;
    setTimeZone(state.timeZone);
    this.changed();
  }
}
