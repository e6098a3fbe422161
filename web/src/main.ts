/** Entry of the built-in page. */

import { useSource } from "./api/fetch";
import { snapshotIn, snapshotSource } from "./api/snapshot";
import { keepBesideAddress } from "./page/address";
import { start } from "./page/start";
import { applyTheme } from "./page/theme";

applyTheme();
const host = document.getElementById("page");
const snapshot = snapshotIn(document);
if (snapshot !== undefined) {
  useSource(snapshotSource(snapshot));
  keepBesideAddress(snapshot.search);
}
if (host !== null) void start(host, snapshot);
