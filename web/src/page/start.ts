/** Loads what the page's server knows, and shows the dashboard that the address names. */

import { fetchConfig, fetchDashboard, listDashboards } from "../api/server";
import type { Snapshot } from "../api/snapshot";
import { currentSearch } from "./address";
import { App } from "./app";
import * as notices from "./notices";
import { dashboardUid } from "./urlState";

const RETRY_MS = 5000;

/** Tries again until the page's server answers. */
export async function start(host: HTMLElement, snapshot?: Snapshot): Promise<void> {
  try {
    const app = await load(snapshot);
    app.mount(host);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    host.replaceChildren(notices.cannotStart(reason));
    setTimeout(() => void start(host, snapshot), RETRY_MS);
  }
}

async function load(snapshot?: Snapshot): Promise<App> {
  const { signal } = new AbortController();
  const [config, dashboards] = await Promise.all([fetchConfig(signal), listDashboards(signal)]);
  const uid = dashboardUid(currentSearch());
  const entry = dashboards.find((one) => one.uid === uid) ?? dashboards[0];
  if (entry === undefined) throw new Error("The page's server has no dashboard");
  const dashboard = await fetchDashboard(entry.file, signal);
  return new App(dashboards, dashboard, config, snapshot);
}
