/** The value axes of a graph: one for each unit, on the left and on the right. */

import type { FieldConfig } from "../dashboard/model";
import { tickText, type Bounds } from "../field/display";
import { groupBy } from "../query/group";
import { customOption } from "./fields";
import { linearScale, logScale, type Limits, type Scale } from "./niceScale";
import type { PanelInput } from "./panel";
import type { Plotted } from "./stacking";

const PIXELS_PER_TICK = 42;
/** How far apart axes on the same side stand. */
const AXIS_PIXELS = 56;

/** An axis, and the fields that are drawn against it. */
export interface ValueAxis {
  config: FieldConfig;
  side: "left" | "right";
  isShown: boolean;
  /** The base of a logarithmic axis. */
  base: number | undefined;
  scale: Scale;
  plots: Plotted[];
}

/** The axes of the plots, the first plot's first. */
export function axesOf(plots: readonly Plotted[], input: PanelInput): ValueAxis[] {
  const groups = groupBy(plots, keyOf);
  const fallback = input.panel.fieldConfig?.defaults ?? {};
  const members = groups.size === 0 ? [[]] : [...groups.values()];
  return members.map((group, position) => {
    const first = group[0];
    const config = first === undefined ? fallback : axisConfig(first);
    const placement = customOption<string>(config, "axisPlacement", "auto");
    const base = baseOf(config);
    return {
      config,
      side: placement === "auto" ? (position === 0 ? "left" : "right") : sideOf(placement),
      isShown: placement !== "hidden",
      base,
      scale: scaleOf(group, config, base, input.size.height),
      plots: group,
    };
  });
}

function sideOf(placement: string): "left" | "right" {
  return placement === "right" ? "right" : "left";
}

/** Fields with the same key share an axis, as in Grafana. */
function keyOf(plot: Plotted): string {
  const { unit, min, max, custom = {} } = axisConfig(plot);
  const names = ["axisPlacement", "axisLabel", "axisSoftMin", "axisSoftMax", "axisCenteredZero"];
  const options = [...names, "scaleDistribution"].map((name) => custom[name] ?? null);
  return JSON.stringify([unit ?? "", min ?? null, max ?? null, ...options]);
}

/** A stack to 100 % is read in percent, whatever the unit of what is stacked. */
function axisConfig({ field, isShareOfStack }: Plotted): FieldConfig {
  if (!isShareOfStack) return field.config;
  return { ...field.config, unit: "percentunit", decimals: null, min: 0, max: 1, mappings: [] };
}

function baseOf(config: FieldConfig): number | undefined {
  const distribution = customOption<{ type?: string; log?: number }>(
    config,
    "scaleDistribution",
    {},
  );
  return distribution.type === "log" ? (distribution.log ?? 10) : undefined;
}

function scaleOf(
  plots: readonly Plotted[],
  config: FieldConfig,
  base: number | undefined,
  heightPixels: number,
): Scale {
  const ticks = Math.max(2, Math.floor(heightPixels / PIXELS_PER_TICK));
  const extent = extentOfPlots(plots, base !== undefined);
  const limits = limitsOf(plots, config);
  return base === undefined ? linearScale(extent, limits, ticks) : logScale(extent, limits, base);
}

function limitsOf(plots: readonly Plotted[], config: FieldConfig): Limits {
  const standsOnZero = plots.some(({ isBar, isStacked }) => isBar || isStacked);
  const zero = standsOnZero ? 0 : undefined;
  return {
    min: config.min ?? undefined,
    max: config.max ?? undefined,
    softMin: customOption<number | null>(config, "axisSoftMin", null) ?? zero,
    softMax: customOption<number | null>(config, "axisSoftMax", null) ?? zero,
    isCenteredOnZero: customOption(config, "axisCenteredZero", false),
    unit: config.unit,
    minInterval: config.decimals === 0 ? 1 : 0,
  };
}

function extentOfPlots(plots: readonly Plotted[], onlyPositive: boolean): Bounds | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (const { tops } of plots) {
    for (const [, value] of tops) {
      if (value === null || !Number.isFinite(value) || (onlyPositive && value <= 0)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return min <= max ? { min, max } : undefined;
}

/** ECharts' options of the axes, in the same order. */
export function axisOptions(axes: readonly ValueAxis[], { theme }: PanelInput) {
  return axes.map((axis, position) => {
    const { config, side, isShown, base, scale } = axis;
    const inner = axes.slice(0, position).filter((one) => one.side === side && one.isShown);
    const label = customOption<string>(config, "axisLabel", "");
    return {
      ...(base === undefined
        ? { type: "value" as const, interval: scale.interval }
        : { type: "log" as const, logBase: base }),
      show: isShown,
      position: side,
      offset: inner.length * AXIS_PIXELS,
      min: scale.min,
      max: scale.max,
      ...(label === "" ? {} : { name: label, nameLocation: "middle" as const, nameGap: 44 }),
      nameTextStyle: { color: theme.mutedText, fontFamily: theme.fontFamily, fontSize: 12 },
      axisLabel: {
        color: theme.mutedText,
        fontFamily: theme.fontFamily,
        fontSize: 12,
        hideOverlap: true,
        formatter: (value: number) => tickText(value, config),
      },
      // Lines of two axes would cross each other at odd places.
      splitLine: { show: position === 0, lineStyle: { color: theme.gridLine, width: 1 } },
    };
  });
}

/** Where on an axis a value stands: 0 at its foot, 1 at its head. */
export function heightOn({ scale, base }: ValueAxis, value: number): number {
  const position = base === undefined ? (one: number) => one : Math.log;
  const [low, high] = [position(scale.min), position(scale.max)];
  return (position(value) - low) / (high - low);
}
