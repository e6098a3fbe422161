/** Links that the dashboard's author put beside its title. */

import type { Dashboard, DashboardLink } from "../dashboard/model";
import { h } from "../dom";
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
  const [, uid, query = ""] = /^\/d\/([\w-]+)(?:\/[^?]*)?(?:\?(.*))?$/.exec(url) ?? [];
  const parameters = new URLSearchParams(kept(link, state));
  if (uid === undefined) return /^https?:\/\//.test(url) ? url : undefined;
  for (const [name, value] of new URLSearchParams(query)) parameters.append(name, value);
  parameters.set("dashboard", uid);
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
