/** What a person can do with the page as a whole, by the toolbar or by the keyboard. */

import type { RawRange } from "../query/time";
import type { Navigation } from "./navigation";
import type { Shortcut } from "./shortcuts";
import { formatState } from "./urlState";

export interface Actions {
  showDashboard: (uid: string) => void;
  setRange: (range: RawRange) => void;
  setTimeZone: (zone: string) => void;
  setRefresh: (refresh: string) => void;
  setVariable: (name: string, selected: string[]) => void;
  setAnnotation: (name: string, isOn: boolean) => void;
  shift: (direction: 1 | -1) => void;
  zoomOut: () => void;
  makeAbsolute: () => void;
  foldAll: (isOpen: boolean) => void;
  refresh: () => void;
  toggleTheme: () => void;
  showHelp: () => void;
  save: () => void;
}

/** Those that another state of the address is all of. */
export function stateActions(
  navigation: Navigation,
): Omit<Actions, "foldAll" | "refresh" | "toggleTheme" | "showHelp" | "save"> {
  return {
    showDashboard: (uid) => {
      location.search = formatState({ ...navigation.state, ...OF_ONE_DASHBOARD, uid });
    },
    setRange: (range) => {
      navigation.go({ range });
    },
    setTimeZone: (timeZone) => {
      navigation.go({ timeZone });
    },
    setRefresh: (refresh) => {
      navigation.go({ refresh });
    },
    setVariable: (name, selected) => {
      navigation.go({ variables: new Map(navigation.state.variables).set(name, selected) });
    },
    setAnnotation: (name, isOn) => {
      navigation.go({ annotations: new Map(navigation.state.annotations).set(name, isOn) });
    },
    shift: (direction) => {
      navigation.shift(direction);
    },
    zoomOut: () => {
      navigation.zoomOut();
    },
    makeAbsolute: () => {
      navigation.makeAbsolute();
    },
  };
}

/** What does not go along to another dashboard. */
const OF_ONE_DASHBOARD = {
  openRows: new Map<number, boolean>(),
  annotations: new Map<string, boolean>(),
  viewPanel: undefined,
};

/** As in Grafana, where it has them. */
export function shortcutsOf(actions: Actions): Shortcut[] {
  const shortcut = (keys: string, text: string, run: () => void): Shortcut => ({
    keys: keys.split(" "),
    text,
    run,
  });
  return [
    shortcut("?", "show this help", actions.showHelp),
    shortcut("r", "refresh", actions.refresh),
    shortcut("t z", "zoom out", actions.zoomOut),
    shortcut("t ArrowLeft", "shift the time range back", () => {
      actions.shift(-1);
    }),
    shortcut("t ArrowRight", "shift the time range forward", () => {
      actions.shift(1);
    }),
    shortcut("t a", "hold on to the time range shown now", actions.makeAbsolute),
    shortcut("d E", "unfold all rows", () => {
      actions.foldAll(true);
    }),
    shortcut("d C", "fold all rows", () => {
      actions.foldAll(false);
    }),
    shortcut("d t", "switch between dark and light", actions.toggleTheme),
  ];
}
