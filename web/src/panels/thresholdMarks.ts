/** Thresholds of a graph as lines and areas behind its series. */

import type { LineSeriesOption } from "echarts";
import { thresholdSteps, type ThresholdStep } from "../field/display";
import { customOption, type Field } from "./fields";
import type { PanelInput } from "./panel";

const LINE_TYPES: ReadonlyMap<string, "solid" | "dashed"> = new Map([
  ["line", "solid"],
  ["line+area", "solid"],
  ["dashed", "dashed"],
  ["dashed+area", "dashed"],
]);

type Marks = Pick<LineSeriesOption, "markLine" | "markArea">;

/** Marks to hang on the series of `field`; none where its style is "off". */
export function thresholdMarks({ config, bounds }: Field, { theme }: PanelInput): Marks {
  const { mode } = customOption(config, "thresholdsStyle", { mode: "off" });
  if (mode === "off") return {};
  const steps = thresholdSteps(config, bounds, theme);
  const type = LINE_TYPES.get(mode);
  return {
    markLine: {
      silent: true,
      symbol: "none",
      label: { show: false },
      data: type === undefined ? [] : linesOf(steps, type),
    },
    markArea: { silent: true, data: mode.includes("area") ? areasOf(steps) : [] },
  };
}

function linesOf(steps: readonly ThresholdStep[], type: "solid" | "dashed") {
  return steps
    .filter(({ value }) => Number.isFinite(value))
    .map(({ value, color }) => ({ yAxis: value, lineStyle: { color, type, width: 1.5 } }));
}

/** An area from each threshold to the next; the last one has no upper end. */
function areasOf(steps: readonly ThresholdStep[]) {
  return steps.map(
    ({ value, color }, index): [{ yAxis?: number; itemStyle: object }, { yAxis?: number }] => [
      { yAxis: Number.isFinite(value) ? value : undefined, itemStyle: { color, opacity: 0.1 } },
      { yAxis: steps[index + 1]?.value },
    ],
  );
}
