/**
 * The parts of Grafana's dashboard JSON (schema version 42) that this page reads.
 *
 * Names are Grafana's own; what is not listed here is ignored.
 */

export interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating?: { list?: Variable[] };
  annotations?: { list?: Annotation[] };
  links?: DashboardLink[];
  time?: { from: string; to: string };
  refresh?: string;
  /** `browser`, `utc`, or a zone's name. */
  timezone?: string;
  /** What graphs share under the pointer: 0 nothing, 1 the crosshair, 2 the tooltip too. */
  graphTooltip?: number;
}

/** Marks on all graphs at the times that a query answers with. */
export interface Annotation {
  name: string;
  /** Whether it is shown before somebody switches it. */
  enable?: boolean;
  /** Without a switch of its own. */
  hide?: boolean;
  iconColor?: string;
  expr?: string;
  target?: { expr?: string };
  /** The distance of two points up to which they are one region, such as `60s`. */
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  /** Names of labels, with commas between them. */
  tagKeys?: string;
  /** Whether a sample's value is the time of the event, in milliseconds. */
  useValueForTime?: boolean | string;
}

export interface DashboardLink {
  type: string;
  title: string;
  tooltip?: string;
  url?: string;
  keepTime?: boolean;
  includeVars?: boolean;
  targetBlank?: boolean;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPos;
  targets?: Target[];
  options?: PanelOptions;
  fieldConfig?: { defaults?: FieldConfig; overrides?: FieldOverride[] };
  /** Minimal step of the panel's queries, such as `30s`. */
  interval?: string;
  maxDataPoints?: number | null;
  /** Of rows only. */
  collapsed?: boolean;
  /** The panels inside a collapsed row. */
  panels?: Panel[];
}

/** Place on the grid of 24 columns. */
export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Target {
  refId: string;
  expr: string;
  legendFormat?: string;
  interval?: string;
  instant?: boolean;
  range?: boolean;
  hide?: boolean;
}

/** Each panel type narrows this to the options it knows. */
export type PanelOptions = Readonly<Record<string, unknown>>;

export interface FieldConfig {
  displayName?: string;
  unit?: string;
  decimals?: number | null;
  min?: number | null;
  max?: number | null;
  color?: FieldColor;
  thresholds?: Thresholds;
  mappings?: ValueMapping[];
  noValue?: string;
  /** Options of the panel type for a field, such as `lineWidth`. */
  custom?: Readonly<Record<string, unknown>>;
}

export interface FieldColor {
  mode: string;
  fixedColor?: string;
}

export interface Thresholds {
  mode: "absolute" | "percentage";
  /** Ascending; the first step's value is null and stands for minus infinity. */
  steps: { value: number | null; color: string }[];
}

export interface MappingResult {
  text?: string;
  color?: string;
  index?: number;
}

export type ValueMapping =
  | { type: "value"; options: Record<string, MappingResult> }
  | { type: "range"; options: { from: number | null; to: number | null; result: MappingResult } }
  | { type: "regex"; options: { pattern: string; result: MappingResult } }
  | { type: "special"; options: { match: string; result: MappingResult } };

export interface FieldOverride {
  matcher: { id: string; options?: unknown };
  properties: { id: string; value?: unknown }[];
}

export interface Variable {
  name: string;
  type: string;
  label?: string;
  query?: string | { query?: string };
  current?: { value?: string | string[] };
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  /** 2: the variable is not shown. */
  hide?: number;
}
