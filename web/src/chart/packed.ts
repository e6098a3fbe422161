/** Points as plain numbers in a row, which ECharts takes as they are; pairs it copies one by one. */

import type { EChartsOption, SeriesOption } from "echarts";

/** The same option with the points of its lines packed. */
export function packed(option: EChartsOption): EChartsOption {
  if (!Array.isArray(option.series)) return option;
  return { ...option, series: option.series.map(packedSeries) };
}

/** In a stack, ECharts would look for its sums among the numbers. */
function packedSeries(series: SeriesOption): SeriesOption {
  if (series.type !== "line" || series.stack !== undefined || !isPairs(series.data)) return series;
  // Typed arrays are missing in the declaration, not in the documentation.
  return { ...series, data: numbersOf(series.data) as unknown as number[] };
}

type Pair = readonly [number, number | null];

function isPairs(data: unknown): data is readonly Pair[] {
  return Array.isArray(data) && data.every((one) => Array.isArray(one) && one.length === 2);
}

function numbersOf(pairs: readonly Pair[]): Float64Array {
  const numbers = new Float64Array(2 * pairs.length);
  pairs.forEach(([time, value], index) => {
    numbers[2 * index] = time;
    numbers[2 * index + 1] = value ?? NaN;
  });
  return numbers;
}
