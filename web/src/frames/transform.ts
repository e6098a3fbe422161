/** Grafana's transformations, as far as tables of metrics need them. */

import type { Transformation } from "../dashboard/model";
import type { Frame } from "./frame";
import { filterFieldsByName, organize, renameByRegex } from "./columns";
import { joinByField, merge } from "./join";
import { reduceFrames, seriesToRows } from "./reduce";
import { limit, sortBy } from "./rows";

type Transform = (frames: readonly Frame[], options: never) => Frame[];

const TRANSFORMATIONS: Readonly<Record<string, Transform>> = {
  merge,
  joinByField,
  organize,
  sortBy,
  limit,
  filterFieldsByName,
  renameByRegex,
  reduce: reduceFrames,
  seriesToRows,
};

/** The frames after all transformations that are not disabled, in their order. */
export function transform(
  frames: readonly Frame[],
  transformations: readonly Transformation[],
): Frame[] {
  const enabled = transformations.filter(({ disabled }) => disabled !== true);
  return enabled.reduce(
    (result, { id, options }) => {
      const apply = Object.hasOwn(TRANSFORMATIONS, id) ? TRANSFORMATIONS[id] : undefined;
      if (apply === undefined)
        throw new Error(`This page does not know the transformation “${id}”.`);
      return apply(result, (options ?? {}) as never);
    },
    [...frames],
  );
}
