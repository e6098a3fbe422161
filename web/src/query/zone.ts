/** The time zone that the whole page writes and reads times in: of the browser, UTC, or a named one. */

/** What a clock on the wall shows; months count from 1. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** The dashboard's and the address's word for the zone that the browser is in. */
export const BROWSER_ZONE = "browser";
export const UTC_ZONE = "utc";

let zone = BROWSER_ZONE;
let wallClock = formatterOf(BROWSER_ZONE);

/** Whether `name` is a zone that this browser knows. */
export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Sets the zone for everything that is written or read from now on. */
export function setTimeZone(name: string): void {
  if (name === zone) return;
  wallClock = formatterOf(name);
  zone = name;
}

/** Whether ticks of a time axis fall on whole units of UTC. */
export function isUtc(): boolean {
  return zone === UTC_ZONE;
}

export function wallTimeOf(timeMs: number): WallTime {
  const parts = new Map(wallClock.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const read = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  return {
    year: read("year"),
    month: read("month"),
    day: read("day"),
    hour: read("hour"),
    minute: read("minute"),
    second: read("second"),
  };
}

/** The instant of a wall time; fields beyond their ends carry over, as in `Date.UTC`. */
export function instantOf({ year, month, day, hour, minute, second }: WallTime): number {
  const asUtcMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // The offset depends on the instant, which is only known with the offset: the second guess holds.
  const guessMs = asUtcMs - utcOffsetMs(asUtcMs);
  return asUtcMs - utcOffsetMs(guessMs);
}

/** How far the zone is ahead of UTC. */
export function utcOffsetMs(timeMs: number): number {
  const { year, month, day, hour, minute, second } = wallTimeOf(timeMs);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(timeMs / 1000) * 1000;
}

function formatterOf(name: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone: name === BROWSER_ZONE || name === "" ? undefined : name,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}
