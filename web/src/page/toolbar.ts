/** The line of controls: dashboard, variables, annotations, refresh, theme, help, time. */

import type { DashboardEntry } from "../api/server";
import type { Dashboard } from "../dashboard/model";
import { dropdown, h } from "../dom";
import type { Choice } from "../query/template";
import type { Actions } from "./actions";
import { AnnotationPicker, type AnnotationSwitch } from "./annotationPicker";
import { dashboardLinks } from "./dashboardLinks";
import { TimePicker } from "./timePicker";
import type { PageState } from "./urlState";
import { VariablePicker } from "./variablePicker";

const REFRESH_INTERVALS: readonly (readonly [string, string])[] = [
  ["", "Off"],
  ["5s", "5 s"],
  ["10s", "10 s"],
  ["30s", "30 s"],
  ["1m", "1 min"],
  ["2m", "2 min"],
  ["5m", "5 min"],
];

export interface ToolbarModel {
  dashboards: readonly DashboardEntry[];
  dashboard: Dashboard;
  state: PageState;
  choices: readonly Choice[];
  annotations: readonly AnnotationSwitch[];
}

export class Toolbar {
  readonly element: HTMLElement;
  private readonly time: TimePicker;
  private readonly annotations: AnnotationPicker;
  private readonly pickers = new Map<string, VariablePicker>();
  private readonly variables = h("div", { class: "toolbar-part" });
  private readonly dashboards = new Part((model) => dashboardControl(model, this.actions));
  private readonly links = new Part(({ dashboard, state }) => dashboardLinks(dashboard, state));
  private readonly interval = new Part((model) => [intervalControl(model, this.actions)]);

  constructor(
    private readonly actions: Actions,
    age: HTMLElement,
  ) {
    this.time = new TimePicker(actions);
    this.annotations = new AnnotationPicker(actions.setAnnotation);
    const shift = (name: string, text: string, direction: 1 | -1): HTMLElement =>
      iconButton(name, text, () => {
        actions.shift(direction);
      });
    const menu = h(
      "div",
      { class: "toolbar-part toolbar-menu", id: "toolbar-menu" },
      this.dashboards.element,
      this.variables,
      this.annotations.element,
      this.links.element,
      this.interval.element,
      iconButton("Save as a file", "⤓", actions.save),
      iconButton("Switch between dark and light", "◐", actions.toggleTheme),
      iconButton("Keyboard shortcuts", "?", actions.showHelp),
    );
    const always = h(
      "div",
      { class: "toolbar-part toolbar-time" },
      shift("Earlier", "‹", -1),
      this.time.element,
      shift("Later", "›", 1),
      textButton("Zoom out", "⊖", actions.zoomOut),
      textButton("Refresh", "⟳", actions.refresh),
    );
    const attributes = { class: "toolbar", role: "region", "aria-label": "View" };
    this.element = h("div", attributes, menuButton(menu), menu, always, age);
  }

  /** Only what has changed is built anew, so that nothing closes under somebody's hand. */
  render(model: ToolbarModel): void {
    const { state, dashboard } = model;
    this.time.update({
      range: state.range,
      timeZone: state.timeZone,
      defaultRange: dashboard.time,
    });
    model.choices.forEach((choice) => {
      this.renderVariable(choice);
    });
    this.dashboards.render(model, model.dashboards);
    this.interval.render(model, state.refresh);
    this.annotations.update(model.annotations);
    this.links.render(model, [dashboard.links, state.range, [...state.variables]]);
  }

  private renderVariable(choice: Choice): void {
    const { name } = choice.variable;
    const known = this.pickers.get(name);
    if (known !== undefined) {
      known.update(choice);
      return;
    }
    const picker = new VariablePicker(choice, this.actions.setVariable);
    this.pickers.set(name, picker);
    this.variables.append(picker.element);
  }
}

/** A stretch of the toolbar that is built anew when what it depends on has changed. */
class Part {
  readonly element = h("div", { class: "toolbar-part" });
  private drawn = "";

  constructor(private readonly build: (model: ToolbarModel) => HTMLElement[]) {}

  render(model: ToolbarModel, dependsOn: unknown): void {
    const wanted = JSON.stringify([dependsOn]);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    const focused = this.controls().findIndex((element) => element === document.activeElement);
    this.element.replaceChildren(...this.build(model));
    this.controls()[focused]?.focus();
  }

  private controls(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>("select, button, input, a")];
  }
}

function dashboardControl(
  { dashboards, dashboard }: ToolbarModel,
  { showDashboard }: Actions,
): HTMLElement[] {
  if (dashboards.length < 2) return [];
  const options = dashboards.map((one) => ({ value: one.uid, text: one.title }));
  return [dropdown("Dashboard", options, dashboard.uid, showDashboard)];
}

function intervalControl({ state }: ToolbarModel, { setRefresh }: Actions): HTMLElement {
  const known = REFRESH_INTERVALS.map(([value, text]) => ({ value, text }));
  const isKnown = known.some(({ value }) => value === state.refresh);
  const own = isKnown ? [] : [{ value: state.refresh, text: state.refresh }];
  return dropdown("Auto-refresh", [...known, ...own], state.refresh, setRefresh);
}

/** Seen where the window is narrow: there the menu is folded at first. */
function menuButton(menu: HTMLElement): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "button menu-button",
      "aria-expanded": "false",
      "aria-controls": menu.id,
      onclick: () => {
        const isOpen = menu.classList.toggle("is-open");
        button.setAttribute("aria-expanded", String(isOpen));
      },
    },
    "Menu",
  );
  return button;
}

/** Shrinks to its icon where the window is narrow. */
function textButton(text: string, icon: string, click: () => void): HTMLElement {
  return h(
    "button",
    { type: "button", class: "button", "aria-label": text, onclick: click },
    h("span", { class: "button-icon", "aria-hidden": "true" }, icon),
    h("span", { class: "button-text" }, text),
  );
}

function iconButton(name: string, icon: string, click: () => void): HTMLElement {
  const attributes = { type: "button", class: "button icon", "aria-label": name, title: name };
  return h("button", { ...attributes, onclick: click }, icon);
}
