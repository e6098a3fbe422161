/** Big numbers in tiles, each with a line of its history where the panel asks for one. */

import type { Sparkline, Stats, StatTile } from "../panels/panel";
import { h } from "../dom";
import { renderLink } from "./linkView";

const SVG = "http://www.w3.org/2000/svg";

export function renderStats({ columns, tiles }: Stats): HTMLElement {
  const element = h("ul", { class: "stats" }, ...tiles.map(renderTile));
  element.style.setProperty("--columns", String(columns));
  return element;
}

function renderTile(tile: StatTile): HTMLElement {
  const words = [
    ...textOf("stat-name", tile.name, tile.nameSizePixels),
    ...textOf("stat-value", tile.text, tile.textSizePixels),
  ];
  const centered = tile.isCentered ? " centered" : "";
  const withHistory = tile.sparkline ? " with-history" : "";
  const element = h(
    "li",
    { class: `stat${centered}${withHistory}` },
    ...(tile.sparkline ? [renderSparkline(tile.sparkline)] : []),
    tile.link ? renderLink(tile.link, ...words) : h("div", { class: "stat-words" }, ...words),
  );
  element.style.color = tile.color;
  if (tile.background !== undefined) element.style.backgroundColor = tile.background;
  return element;
}

function textOf(name: string, text: string | undefined, sizePixels: number): HTMLElement[] {
  if (text === undefined) return [];
  const element = h("span", { class: name }, text);
  element.style.fontSize = `${sizePixels}px`;
  return [element];
}

/** A line and the area under it; the box stretches over the tile. */
function renderSparkline({ lines, color }: Sparkline): Element {
  const picture = svg("svg", {
    class: "sparkline",
    viewBox: "0 0 100 100",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  for (const points of lines) {
    const line = points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ");
    const ends = [points.at(-1), points[0]].map((point) => `${(point?.[0] ?? 0).toFixed(2)},100`);
    picture.append(
      svg("polygon", { points: `${line} ${ends.join(" ")}`, fill: color, "fill-opacity": "0.25" }),
      svg("polyline", { points: line, fill: "none", stroke: color, "stroke-width": "1.5" }),
    );
  }
  return picture;
}

function svg(tag: "svg" | "polygon" | "polyline", attributes: Readonly<Record<string, string>>) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
