/** The dropdown of time ranges: quick ones, absolute ones, and the time zone. */

import { dropdown, h } from "../dom";
import {
  describeEnd,
  describeRange,
  QUICK_RANGES,
  rangeProblem,
  resolveRange,
  type RawRange,
} from "../query/time";
import { BROWSER_ZONE, UTC_ZONE } from "../query/zone";
import { Popover } from "./popover";
import { RangeEnd } from "./rangeEnd";

interface TimeModel {
  range: RawRange;
  timeZone: string;
  /** The dashboard's own, offered too where it is not a usual one. */
  defaultRange: RawRange | undefined;
}

export interface TimeActions {
  setRange: (range: RawRange) => void;
  setTimeZone: (zone: string) => void;
}

export class TimePicker {
  readonly element: HTMLElement;
  private readonly popover: Popover;
  private readonly from = new RangeEnd("From", false);
  private readonly to = new RangeEnd("To", true);
  private readonly quick = h("ul", { class: "quick-ranges", "aria-label": "Quick ranges" });
  private readonly zone = h("div", { class: "time-zone" });
  private drawn = "";

  constructor(private readonly actions: TimeActions) {
    const form = h(
      "form",
      {
        class: "absolute-range",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          this.apply();
        },
      },
      this.from.element,
      this.to.element,
      h("button", { type: "submit", class: "button primary" }, "Apply"),
      this.zone,
    );
    this.popover = new Popover("time", h("div", { class: "time-picker" }, form, this.quick), () => {
      this.from.focus();
    });
    this.element = h("div", { class: "control time-control" }, this.popover.element);
  }

  update(model: TimeModel): void {
    const wanted = JSON.stringify(model);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    const text = describeRange(model.range);
    this.popover.setText(text, `Time range: ${text}, ${zoneName(model.timeZone)}`);
    this.from.show(describeEnd(model.range.from));
    this.to.show(describeEnd(model.range.to));
    this.quick.replaceChildren(...this.quickEntries(model));
    this.zone.replaceChildren(zoneControl(model.timeZone, this.actions.setTimeZone));
  }

  private apply(): void {
    const raw = { from: this.from.text, to: this.to.text };
    const nowMs = Date.now();
    const problem = rangeProblem(raw, nowMs);
    this.from.setProblem(problem?.end === "from" ? problem.text : undefined);
    this.to.setProblem(problem?.end === "to" ? problem.text : undefined);
    if (problem === undefined) this.choose(anchored(raw, nowMs));
  }

  private choose(range: RawRange): void {
    this.popover.close();
    this.actions.setRange(range);
  }

  private quickEntries({ range, defaultRange }: TimeModel): HTMLElement[] {
    const own = defaultRange && !isQuick(defaultRange) ? [defaultRange] : [];
    const ranges = [...own.map((one) => ({ ...one, text: describeRange(one) })), ...QUICK_RANGES];
    return ranges.map(({ from, to, text }) => {
      const isCurrent = from === range.from && to === range.to;
      const choose = (): void => {
        this.choose({ from, to });
      };
      const button = h("button", { type: "button", class: "quick-range", onclick: choose }, text);
      if (isCurrent) button.setAttribute("aria-current", "true");
      return h("li", {}, button);
    });
  }
}

/** Dates become instants, so that a link shows the same in every time zone. */
function anchored(raw: RawRange, nowMs: number): RawRange {
  const range = resolveRange(raw, nowMs);
  const isRelative = (text: string): boolean => text.trim().startsWith("now");
  return {
    from: isRelative(raw.from) ? raw.from.trim() : String(range?.fromMs),
    to: isRelative(raw.to) ? raw.to.trim() : String(range?.toMs),
  };
}

function isQuick(range: RawRange): boolean {
  return QUICK_RANGES.some(({ from, to }) => from === range.from && to === range.to);
}

function zoneControl(current: string, change: (zone: string) => void): HTMLElement {
  const zones = [...new Set([BROWSER_ZONE, UTC_ZONE, current])];
  const options = zones.map((value) => ({ value, text: zoneName(value) }));
  return dropdown("Time zone", options, current, change);
}

function zoneName(zone: string): string {
  if (zone === UTC_ZONE) return "UTC";
  if (zone !== BROWSER_ZONE) return zone;
  return `Browser time (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
}
