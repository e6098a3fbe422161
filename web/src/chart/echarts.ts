/** ECharts with only the parts that the panels draw with. */

import { CustomChart, GaugeChart, LineChart, BarChart } from "echarts/charts";
import {
  AxisPointerComponent,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
} from "echarts/components";
import { connect, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  AxisPointerComponent,
  BarChart,
  CanvasRenderer,
  CustomChart,
  GaugeChart,
  GridComponent,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
]);

export { connect, init };
export type { ECharts } from "echarts/core";
