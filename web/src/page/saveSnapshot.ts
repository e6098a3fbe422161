/** Saves the view as a file that shows it again without a server. */

import { recordAnswers } from "../api/fetch";
import type { TimeRange } from "../api/prometheus";
import { fetchDashboard, fetchTemplate, listDashboards } from "../api/server";
import { FORMAT, snapshotDocument, type Recorded } from "../api/snapshot";
import type { Dashboard } from "../dashboard/model";
import { absolute } from "../query/time";
import { downloadText, fileName } from "./files";
import { formatState, type PageState } from "./urlState";

export interface View {
  dashboard: Dashboard;
  state: PageState;
  range: TimeRange;
  version: string;
}

/** `read` reads all that the view has, also what is folded. Throws what that throws. */
export async function saveSnapshot(view: View, read: () => Promise<unknown>): Promise<void> {
  const { dashboard, state, range, version } = view;
  const answers: Record<string, Recorded> = {};
  const stop = recordAnswers(answers);
  try {
    await Promise.all([read(), readDashboard(dashboard.uid)]);
  } finally {
    stop();
  }
  keepOnly(dashboard.uid, answers.dashboards);
  const text = snapshotDocument(await fetchTemplate(), {
    format: FORMAT,
    takenMs: Date.now(),
    origin: location.origin,
    version,
    range,
    search: formatState({ ...state, uid: dashboard.uid, range: absolute(range), refresh: "" }),
    answers,
  });
  downloadText(fileName(dashboard.title, range.toMs, "html"), "text/html;charset=utf-8", text);
}

async function readDashboard(uid: string): Promise<void> {
  const { signal } = new AbortController();
  const entry = (await listDashboards(signal)).find((one) => one.uid === uid);
  if (entry !== undefined) await fetchDashboard(entry.file, signal);
}

/** The other dashboards are not in the file. */
function keepOnly(uid: string, listed: Recorded | undefined): void {
  if (!Array.isArray(listed?.body)) return;
  listed.body = listed.body.filter((one: { uid: string }) => one.uid === uid);
}
