/** Entry of the built-in page. */

import { App } from "./page/app";
import { applyTheme } from "./page/theme";

applyTheme();
const host = document.getElementById("page");
if (host !== null) void App.start(host);
