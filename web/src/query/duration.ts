/** Durations as Prometheus and Grafana write them. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Milliseconds of `15s`, `1h30m` or Grafana's `>10s`; a bare number is seconds. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.replace(/^[<>]\s*/, "").trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed) * 1000;
  if (!/^(\d+(ms|[smhdwy]))+$/.test(trimmed)) return undefined;
  const parts = [...trimmed.matchAll(/(\d+)(ms|[smhdwy])/g)];
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ""] ?? 0),
    0,
  );
}

/** A PromQL duration of exactly `durationMs`. */
export function formatDuration(durationMs: number): string {
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}
