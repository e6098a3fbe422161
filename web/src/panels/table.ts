/** Rows and columns: Grafana's `table`. */

import type { FieldConfig } from "../dashboard/model";
import { asText, readableOn } from "../field/colors";
import { fieldConfigOf } from "../field/config";
import { boundsOf, displayColor, displayText, extentOf, shareOf } from "../field/display";
import { reduce } from "../field/reduce";
import { framesOf, lengthOf, type Cell, type Column, type Frame } from "../frames/frame";
import { transform } from "../frames/transform";
import type { Series } from "../query/series";
import { fieldLink } from "./dataLinks";
import { customOption, isHiddenFrom } from "./fields";
import type {
  Content,
  ContentType,
  PanelInput,
  Table,
  TableCell,
  TableColumn,
  TableSort,
} from "./panel";

export const table: ContentType = { hasTimeAxis: false, isContent: true, draw };

interface Options {
  showHeader?: boolean;
  frameIndex?: number;
  sortBy?: { displayName?: string; desc?: boolean }[];
  footer?: { show?: boolean; reducer?: string[]; fields?: string | string[]; countRows?: boolean };
}

/** A column with everything that is known about how to show it. */
interface ShownColumn {
  column: Column;
  title: string;
  config: FieldConfig;
  bounds: { min: number; max: number };
  index: number;
}

function draw(input: PanelInput): Content {
  const { panel, series } = input;
  const options = (panel.options ?? {}) as Options;
  const frames = transform(framesOf(panel.targets ?? [], series), panel.transformations ?? []);
  const frame = frames[options.frameIndex ?? 0] ?? { refId: "A", columns: [] };
  const shown = shownColumns(frame, input);
  const rows = Array.from({ length: lengthOf(frame) }, (_, place) =>
    shown.map((one) => cellOf(one, place, shown, input)),
  );
  const columns = shown.filter(isVisible);
  const visible = shown.map(isVisible);
  const content: Table = {
    kind: "table",
    columns: columns.map(headingOf),
    rows: rows.map((row) => row.filter((_, index) => visible[index])),
    footer: footerOf(columns, options),
    hasHeader: options.showHeader ?? true,
    sort: sortOf(columns, options),
  };
  return { content, legend: [], values: content.rows.map((row) => inWords(row, content.columns)) };
}

function shownColumns(frame: Frame, { panel }: PanelInput): ShownColumn[] {
  return frame.columns.map((column, index) => {
    const identity = { name: column.name, refId: frame.refId, type: column.type };
    // A cell that says nothing of its colour takes it from the thresholds, as in Grafana.
    const config: FieldConfig = {
      color: { mode: "thresholds" },
      ...fieldConfigOf(panel, identity),
      ...(column.type === "time" ? { unit: "dateTimeAsIso" } : {}),
    };
    const bounds = boundsOf(config, extentOf([asSeries(column)]));
    return { column, title: config.displayName ?? column.name, config, bounds, index };
  });
}

function asSeries({ name, values, labels = {} }: Column): Series {
  const points = values.map((value, place): [number, number | null] => [
    place,
    typeof value === "number" ? value : null,
  ]);
  return { name, refId: "", labels, points };
}

function isVisible({ config }: ShownColumn): boolean {
  return !customOption<boolean>(config, "hidden", false) && !isHiddenFrom(config, "viz");
}

function headingOf({ column, title, config }: ShownColumn): TableColumn {
  const align = customOption<string>(config, "align", "auto");
  return {
    title,
    align: isAlignment(align) ? align : column.type === "number" ? "right" : "left",
    widthPixels: customOption<number | undefined>(config, "width", undefined),
  };
}

function isAlignment(align: string): align is TableColumn["align"] {
  return align === "left" || align === "center" || align === "right";
}

function sortOf(columns: readonly ShownColumn[], { sortBy = [] }: Options): TableSort | undefined {
  const wanted = sortBy[0];
  const column = columns.findIndex(({ title }) => title === wanted?.displayName);
  return column === -1 ? undefined : { column, isDescending: wanted?.desc ?? false };
}

function cellOf(
  shown: ShownColumn,
  place: number,
  row: readonly ShownColumn[],
  input: PanelInput,
): TableCell {
  const { column, config, title } = shown;
  const value = valueAt(shown, place);
  const text = textAt(shown, place);
  const link = fieldLink(config, {
    name: title,
    value,
    text,
    labels: column.labels ?? {},
    fields: row.map((one) => ({ name: one.column.name, text: textAt(one, place) })),
  });
  return { text, value, link, ...paint(shown, value, input) };
}

function valueAt({ column }: ShownColumn, place: number): Cell {
  return column.values[place] ?? null;
}

function textAt(shown: ShownColumn, place: number): string {
  return displayText(valueAt(shown, place), shown.config);
}

type Paint = Pick<TableCell, "color" | "background" | "gauge">;

function paint(shown: ShownColumn, value: Cell, { theme }: PanelInput): Paint {
  const plain: Paint = { color: undefined, background: undefined, gauge: undefined };
  const cellType = cellTypeOf(shown.config);
  if (cellType === "auto" || value === null) return plain;
  const { title: name, config, bounds, index } = shown;
  const color = displayColor(value, { name, config, bounds, index }, theme);
  if (color === "transparent") return plain;
  if (cellType === "color-text") return { ...plain, color: asText(color, theme) };
  if (cellType === "color-background") {
    return { ...plain, background: color, color: readableOn(color, theme) };
  }
  if (typeof value !== "number") return plain;
  return { ...plain, gauge: { share: shareOf(value, bounds), color } };
}

/** What the page knows of Grafana's kinds of cells; all others are plain text. */
function cellTypeOf(config: FieldConfig): "auto" | "color-text" | "color-background" | "gauge" {
  const { type = "auto" } = customOption<{ type?: string }>(config, "cellOptions", {});
  return type === "color-text" || type === "color-background" || type === "gauge" ? type : "auto";
}

/** A reduction of each column of numbers, or the number of rows. */
function footerOf(columns: readonly ShownColumn[], { footer = {} }: Options): string[] | undefined {
  if (footer.show !== true) return undefined;
  const calculation = footer.reducer?.[0] ?? "sum";
  const wanted = typeof footer.fields === "string" ? [footer.fields] : (footer.fields ?? []);
  const names = wanted.filter((name) => name !== "");
  return columns.map(({ column, title, config }, index) => {
    if (footer.countRows === true) return index === 0 ? `${column.values.length} rows` : "";
    const isWanted = names.length === 0 || names.includes(column.name) || names.includes(title);
    if (column.type !== "number" || !isWanted) return "";
    return displayText(reduce(asSeries(column), calculation), config);
  });
}

/** A row for those who read rather than see: its first cell names it. */
function inWords(row: readonly TableCell[], columns: readonly TableColumn[]) {
  const others = row
    .slice(1)
    .map(({ text }, index) => `${columns[index + 1]?.title ?? ""}: ${text}`);
  return { name: row[0]?.text ?? "", text: others.join(", ") };
}
