/** Entry of the built-in page. */

import { start } from "./page/start";
import { applyTheme } from "./page/theme";

applyTheme();
const host = document.getElementById("page");
if (host !== null) void start(host);
