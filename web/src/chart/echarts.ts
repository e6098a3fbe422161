/** ECharts with only the parts that the panels draw with. */

import { CustomChart, GaugeChart, LineChart, BarChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart,
  CanvasRenderer,
  CustomChart,
  GaugeChart,
  GridComponent,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
]);

export { init };
export type { ECharts } from "echarts/core";
