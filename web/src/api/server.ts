/** What the page's server says of itself. */

import type { Dashboard } from "../dashboard/model";
import { ResponseError } from "./errors";
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

/** The page with everything inlined and a place for a snapshot's data. */
export async function fetchTemplate(): Promise<string> {
  const response = await fetch("snapshot.html");
  if (response.ok) return response.text();
  throw new ResponseError(response.status, "The page's server has no template for snapshots");
}
