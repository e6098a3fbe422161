/** What the page's server says of itself. */

import type { Dashboard } from "../dashboard/model";
import { fetchJson } from "./fetch";

export interface Config {
  version: string;
  scrape_interval_seconds: number;
}

export interface DashboardEntry {
  uid: string;
  title: string;
  file: string;
}

export function fetchConfig(signal: AbortSignal): Promise<Config> {
  return fetchJson("config", signal);
}

export function listDashboards(signal: AbortSignal): Promise<DashboardEntry[]> {
  return fetchJson("dashboards", signal);
}

export function fetchDashboard(file: string, signal: AbortSignal): Promise<Dashboard> {
  return fetchJson(`dashboards/${encodeURIComponent(file)}`, signal);
}
