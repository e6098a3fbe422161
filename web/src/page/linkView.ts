/** A data link of a dashboard as a link on this page. */

import type { Link } from "../panels/panel";
import { pageAddress } from "../query/links";
import { h } from "../dom";

/** `content` inside a link; without a safe address, `content` alone. */
export function renderLink(link: Link, ...content: (Node | string)[]): HTMLElement {
  const address = pageAddress(link.address, location.search);
  if (address === undefined) return h("span", {}, ...content);
  const attributes = { href: address, title: link.title };
  return h(
    "a",
    link.isNewTab ? { ...attributes, target: "_blank", rel: "noopener" } : attributes,
    ...content,
  );
}
