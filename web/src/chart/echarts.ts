/** ECharts with only the parts that the panels draw with. */

import { CustomChart, GaugeChart, LineChart, BarChart } from "echarts/charts";
import {
  AxisPointerComponent,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
} from "echarts/components";
import { connect, graphic, init, use } from "echarts/core";
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

/** Many boxes of one colour as one shape: a heatmap has thousands. */
const Boxes = graphic.extendShape({
  shape: { boxes: [] as (readonly [number, number, number, number])[] },
  buildPath(context: CanvasRenderingContext2D, { boxes }: { boxes: (readonly number[])[] }) {
    for (const [x = 0, y = 0, width = 0, height = 0] of boxes) context.rect(x, y, width, height);
  },
});
graphic.registerShape("boxes", Boxes);

export { connect, init };
export type { ECharts } from "echarts/core";
