/** Links that the dashboard's author put beside its title. */

import type { Dashboard, DashboardLink } from "../dashboard/model";
import { h } from "../dom";
import { boardOf } from "../query/links";
import { formatState, type PageState } from "./urlState";

/** Other dashboards are chosen from the list of all of them; here stand links to addresses. */
export function dashboardLinks(dashboard: Dashboard, state: PageState): HTMLElement[] {
  return (dashboard.links ?? []).flatMap((link) => {
    const address = link.type === "link" ? linkAddress(link, state) : undefined;
    if (address === undefined) return [];
    const attributes = {
      class: "dashboard-link",
      href: address,
      title: link.tooltip ?? "",
      target: link.targetBlank === true ? "_blank" : "_self",
      rel: "noopener noreferrer",
    };
    return [h("a", attributes, link.title)];
  });
}

/** The link's address on this page; undefined where it is no web address. */
export function linkAddress(link: DashboardLink, state: PageState): string | undefined {
  const url = link.url ?? "";
  const board = boardOf(url);
  if (board === undefined) return /^https?:\/\//.test(url) ? url : undefined;
  const parameters = new URLSearchParams(kept(link, state));
  for (const [name, value] of board.parameters) parameters.append(name, value);
  parameters.set("dashboard", board.uid);
  return `?${parameters.toString()}`;
}

/** What of the view goes along. */
function kept({ keepTime, includeVars }: DashboardLink, state: PageState): [string, string][] {
  const all = [...new URLSearchParams(formatState(state))];
  const time = ["from", "to", "timezone"];
  return all.filter(
    ([name]) =>
      (keepTime === true && time.includes(name)) ||
      (includeVars === true && name.startsWith("var-")),
  );
}
