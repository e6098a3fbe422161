/** Which place in the palette each series has, kept while series come and go. */

import type { Series } from "../query/series";

/**
 * The places after an answer: names that had one keep it, new ones take the first that is free.
 *
 * A series that is away keeps its place until a new one needs it.
 */
export function placesAfter(
  before: ReadonlyMap<string, number>,
  series: readonly Series[],
): ReadonlyMap<string, number> {
  const names = series.map(({ name }) => name);
  const kept = names.flatMap((name) => {
    const place = before.get(name);
    return place === undefined ? [] : [[name, place] as const];
  });
  const places = new Map(kept);
  const taken = new Set(places.values());
  let next = 0;
  for (const name of names.filter((one) => !places.has(one))) {
    while (taken.has(next)) next += 1;
    taken.add(next);
    places.set(name, next);
  }
  const away = [...before].filter(([name, place]) => !places.has(name) && !taken.has(place));
  return new Map([...places, ...away]);
}
