import { afterEach, describe, expect, it, vi } from "vitest";

import { StoreUnreachable } from "../src/api/fetch";
import { fetchRules, type Alert, type RuleGroup } from "../src/api/rules";
import {
  alertsOf,
  countText,
  newlyFiring,
  panelAddress,
  panelOfHash,
  urgency,
  type Alerts,
} from "../src/page/alerts";

function alert(name: string, state: string, severity?: string, operator = "a"): Alert {
  const labels = { alertname: name, operator, ...(severity === undefined ? {} : { severity }) };
  const annotations = { summary: `${name}!`, dashboard: "mephisto", panel: "Live unit status" };
  return { labels, annotations, state, activeAt: "2026-11-25T16:00:00.5Z" };
}

function alerts(...active: Alert[]): Alerts {
  return alertsOf([{ name: "g", rules: [{ type: "alerting", name: "R", alerts: active }] }]);
}

describe("alerts", () => {
  it("come firing first, then by severity, then the newest", () => {
    const old = { ...alert("Old", "firing", "warning"), activeAt: "2026-11-25T15:00:00Z" };
    const shown = alerts(
      alert("Pending", "pending", "critical"),
      alert("Info", "firing", "info"),
      old,
      alert("Unknown", "firing", "page"),
      alert("Critical", "firing", "critical"),
      alert("Gone", "inactive", "critical"),
    );
    const names = shown.active.map(({ name }) => name);
    expect(names).toEqual(["Critical", "Unknown", "Old", "Info", "Pending"]);
  });

  it("are read whatever the store leaves out", () => {
    const bare: RuleGroup[] = [
      { name: "empty" },
      { name: "none", rules: null },
      { name: "g", rules: [{ type: "alerting", name: "R", alerts: null }] },
      {
        name: "h",
        rules: [{ type: "alerting", name: "R", alerts: [{ labels: {}, state: "firing" }] }],
      },
    ];
    const { active, ruleCount } = alertsOf(bare);
    expect(ruleCount).toBe(2);
    expect(active).toMatchObject([{ name: "alert", summary: "alert", severity: "warning" }]);
    expect(active[0]?.sinceMs).toBeUndefined();
  });

  it("show their labels but those that are shown otherwise", () => {
    const [shown] = alerts(alert("Down", "firing", "critical", "<img>")).active;
    expect(shown?.labels).toEqual([["operator", "<img>"]]);
    expect(shown?.sinceMs).toBe(Date.UTC(2026, 10, 25, 16, 0, 0, 500));
  });

  it("do not hide that a rule can not be evaluated", () => {
    const rules = [
      { type: "recording", name: "bad", health: "err", lastError: "many-to-many" },
      { type: "alerting", name: "new", health: "unknown" },
      { type: "alerting", name: "good", health: "ok" },
    ];
    const { failing, ruleCount } = alertsOf([{ name: "g", rules }]);
    expect(failing).toEqual([{ name: "bad", error: "many-to-many" }]);
    expect(ruleCount).toBe(2);
  });
});

describe("the button", () => {
  it("says how many and how severe", () => {
    const pending = alert("P", "pending", "critical");
    const warning = alert("W", "firing", "warning");
    const critical = alert("C", "firing", "critical");
    const texts = [[], [pending], [warning, pending], [warning, critical]].map((active) => [
      countText(alerts(...active)),
      urgency(alerts(...active)),
    ]);
    expect(texts).toEqual([
      ["No alerts", "none"],
      ["1 alert pending", "pending"],
      ["1 alert firing (warning), 1 pending", "warning"],
      ["2 alerts firing (critical)", "critical"],
    ]);
  });
});

describe("an announcement", () => {
  it("is made of what fires now and did not before", () => {
    const before = alerts(alert("A", "firing", "info"), alert("B", "pending", "critical"));
    const now = alerts(
      alert("A", "firing", "info"),
      alert("B", "firing", "critical"),
      alert("C", "pending", "critical"),
    );
    expect(newlyFiring(now, before)).toBe("Alert, critical: B!.");
    expect(newlyFiring(now, now)).toBe("");
  });

  it("tells the same alert of two Operators apart", () => {
    const before = alerts(alert("A", "firing", "info", "one"));
    const now = alerts(alert("A", "firing", "info", "one"), alert("A", "firing", "info", "two"));
    expect(newlyFiring(now, before)).toBe("Alert, info: A!.");
  });
});

describe("the link of an alert", () => {
  const [shown] = alerts(alert("Down", "firing", "critical", "a&b=c")).active;

  it("leads to its panel, for its Operator, at the time that is shown", () => {
    if (shown === undefined) throw new Error("no alert");
    const address = panelAddress(shown, "?from=now-1h&to=now&var-operator=x&var-operator=y");
    const url = new URL(address ?? "", "http://page");
    expect(url.searchParams.getAll("var-operator")).toEqual(["a&b=c"]);
    expect(url.searchParams.get("dashboard")).toBe("mephisto");
    expect(url.searchParams.get("from")).toBe("now-1h");
    expect(panelOfHash(url.hash)).toBe("Live unit status");
  });

  it("is not there without a dashboard", () => {
    const [bare] = alerts({ labels: {}, state: "firing" }).active;
    if (bare === undefined) throw new Error("no alert");
    expect(panelAddress(bare, "")).toBeUndefined();
    expect([panelOfHash(""), panelOfHash("#other"), panelOfHash("#panel=%")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("the store's rules", () => {
  const { signal } = new AbortController();

  function answering(status: number, body: string): void {
    vi.stubGlobal("location", { host: "page" });
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status })));
  }

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("are none where the store has no such path, or nothing to say", async () => {
    for (const [status, body] of [
      [404, "not found"],
      [400, "unsupported path"],
      [200, "<html>"],
      [200, '{"status": "success", "data": {"groups": null}}'],
      [200, "null"],
    ] as const) {
      answering(status, body);
      expect(await fetchRules(signal)).toEqual([]);
    }
  });

  it("are not known while the store is away", async () => {
    answering(502, "gone");
    await expect(fetchRules(signal)).rejects.toBeInstanceOf(StoreUnreachable);
  });
});
