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
  time?: { from: string; to: string };
  refresh?: string;
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
  transformations?: Transformation[];
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
  /** `time_series`, `table` or `heatmap`. */
  format?: string;
  interval?: string;
  instant?: boolean;
  range?: boolean;
  hide?: boolean;
}

export interface Transformation {
  id: string;
  disabled?: boolean;
  options?: unknown;
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
  links?: DataLink[];
  /** Options of the panel type for a field, such as `lineWidth`. */
  custom?: Readonly<Record<string, unknown>>;
}

export interface DataLink {
  title?: string;
  url: string;
  targetBlank?: boolean;
}

export interface FieldColor {
  mode: string;
  fixedColor?: string;
  /** The calculation whose result colours a series where colours go by value. */
  seriesBy?: string;
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
